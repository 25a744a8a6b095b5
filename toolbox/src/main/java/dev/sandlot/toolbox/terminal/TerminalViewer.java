package dev.sandlot.toolbox.terminal;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.AgentProcesses;
import dev.sandlot.agentclient.process.OutputPiece;
import dev.sandlot.agentclient.process.OutputRequest;
import dev.sandlot.agentclient.process.ProcessOutput;
import dev.sandlot.agentclient.process.ProcessStatus;
import dev.sandlot.toolbox.call.ToolboxFailures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;

/// Connects one viewer to a terminal: forwards output to the viewer and input from it. A terminal
/// may have any number of viewers at a time.
public final class TerminalViewer {
  private static final int MESSAGE_BYTES_MAX = 32 << 10;

  /// How long after the end of the output the end of the process may be unknown.
  private static final Duration END_MAX = Duration.ofSeconds(2);

  private final AgentProcesses processes;
  private final String process;
  private final TerminalLimits limits;

  TerminalViewer(AgentProcesses processes, Terminal terminal, TerminalLimits limits) {
    this.processes = processes;
    this.process = terminal.process().id();
    this.limits = limits;
  }

  /// Forwards output and input, beginning with a replay of the last output, until the viewer
  /// disconnects or the terminal ends.
  public void attach(TerminalScreen screen) throws IOException, InterruptedException {
    long written = processes.find(process).map(ProcessStatus::outputBytes).orElse(0L);
    long from = Math.max(0, written - limits.replayBytesMax());
    try (ProcessOutput output = processes.read(process, OutputRequest.output(from, true))) {
      screen.whenDisconnected(output::close);
      Thread input = Thread.ofVirtual().name("terminal-input").start(() -> forwardInput(screen));
      try {
        if (!copyOutput(output, screen)) {
          screen.tooSlow();
        } else if (!screen.disconnected()) {
          screen.ended(end());
        }
      } catch (AgentFailure failure) {
        // The sandbox has ended, or cannot be reached. Closing the screen ends the input's thread.
        screen.failed(ToolboxFailures.of(failure).sentence());
      } finally {
        // Input sent before the viewer disconnected is still forwarded.
        input.join();
      }
    }
  }

  /// @return false when the viewer was too slow, so that output was dropped
  private static boolean copyOutput(ProcessOutput output, TerminalScreen screen)
      throws IOException {
    long expected = -1;
    for (Optional<OutputPiece> next = output.next(); next.isPresent(); next = output.next()) {
      OutputPiece piece = next.get();
      if (expected >= 0 && piece.offset() > expected) {
        return false;
      }
      boolean cut = expected < 0 && piece.offset() > 0;
      expected = piece.end();
      send(cut ? afterFirstLine(piece.data()) : piece.data(), screen);
    }
    return true;
  }

  /// Makes a replay begin with a whole line, not within a character or a control sequence.
  private static ByteBuffer afterFirstLine(ByteBuffer data) {
    for (int index = data.position(); index < data.limit(); index++) {
      if (data.get(index) == '\n') {
        return data.slice(index + 1, data.limit() - index - 1);
      }
    }
    return data;
  }

  private static void send(ByteBuffer data, TerminalScreen screen) throws IOException {
    byte[] bytes = new byte[Math.min(MESSAGE_BYTES_MAX, data.remaining())];
    while (data.hasRemaining()) {
      int count = Math.min(bytes.length, data.remaining());
      data.get(bytes, 0, count);
      screen.show(bytes, 0, count);
    }
  }

  private void forwardInput(TerminalScreen screen) {
    try {
      for (var next = screen.readInput(); next.isPresent(); next = screen.readInput()) {
        if (next.get().length > 0) {
          write(next.get());
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /// Writes input. Failures are ignored: the terminal's end is reported with the output, and input
  /// to a program that does not read is lost, as on every terminal.
  private void write(byte[] bytes) {
    try {
      processes.write(process, bytes);
    } catch (AgentFailure _) {
      // As said above.
    }
  }

  private TerminalEnd end() {
    try {
      Optional<ProcessStatus> ended = processes.await(process, END_MAX);
      if (ended.isPresent() && ended.get().label(Terminal.DELETED).isEmpty()) {
        return ended.get().end().map(TerminalEnd::of).orElse(TerminalEnd.DELETED);
      }
    } catch (AgentFailure failure) {
      if (failure.kind() != AgentFailure.Kind.NOT_FOUND) {
        throw failure;
      }
    }
    return TerminalEnd.DELETED;
  }
}
