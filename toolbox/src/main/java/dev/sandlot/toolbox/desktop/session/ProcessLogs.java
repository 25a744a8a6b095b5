package dev.sandlot.toolbox.desktop.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.agentclient.process.AgentProcesses;
import dev.sandlot.agentclient.process.OutputPiece;
import dev.sandlot.agentclient.process.OutputRequest;
import dev.sandlot.agentclient.process.ProcessOutput;
import dev.sandlot.agentclient.process.ProcessStatus;
import java.io.ByteArrayOutputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/// Reads the output of processes.
public final class ProcessLogs {
  private ProcessLogs() {}

  /// The end of a stream.
  ///
  /// @param error of standard error, otherwise of standard output
  public static String tail(
      AgentProcesses processes, ProcessStatus process, boolean error, int bytesMax) {
    long end = error ? process.errorBytes() : process.outputBytes();
    long from = Math.max(0, end - bytesMax);
    OutputRequest request =
        new OutputRequest(!error, error, error ? 0 : from, error ? from : 0, false);
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try (ProcessOutput output = processes.read(process.id(), request)) {
      for (Optional<OutputPiece> piece = output.next();
          piece.isPresent() && text.size() < bytesMax;
          piece = output.next()) {
        byte[] bytes = new byte[Math.min(piece.get().data().remaining(), bytesMax - text.size())];
        piece.get().data().get(bytes);
        text.writeBytes(bytes);
      }
    } catch (InterruptedIOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString(UTF_8);
  }
}
