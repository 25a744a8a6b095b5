package dev.sandlot.toolbox.lsp;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.AgentProcesses;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/// The standard input of a language server: a message is sent when it is flushed. Callers must
/// write one message at a time.
final class ServerInput extends OutputStream {
  private final AgentProcesses processes;
  private final String processId;
  private final Runnable whenBroken;
  private ByteArrayOutputStream message = new ByteArrayOutputStream();

  /// @param whenBroken called when a message could not be sent completely
  ServerInput(AgentProcesses processes, String processId, Runnable whenBroken) {
    this.processes = processes;
    this.processId = processId;
    this.whenBroken = whenBroken;
  }

  @Override
  public void write(int next) {
    message.write(next);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    message.write(bytes, offset, length);
  }

  @Override
  public void flush() throws IOException {
    byte[] bytes = message.toByteArray();
    message = new ByteArrayOutputStream(); // a large one is not kept
    try {
      for (int begin = 0; begin < bytes.length; begin += AgentProcesses.INPUT_BYTES_MAX) {
        int end = Math.min(bytes.length, begin + AgentProcesses.INPUT_BYTES_MAX);
        processes.write(processId, Arrays.copyOfRange(bytes, begin, end));
      }
    } catch (AgentFailure failure) {
      whenBroken.run();
      throw new IOException("the language server does not read: " + failure.sentence(), failure);
    }
  }
}
