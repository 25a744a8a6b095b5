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

/// One who looks at a terminal and types into it. Any number may do so at one time.
public final class TerminalViewer {
  private static final int MESSAGE_BYTES_MAX = 32 << 10;

  /// An end is known as soon as the output is over, or a moment later.
  private static final Duration END_MAX = Duration.ofSeconds(2);

  private final AgentProcesses processes;
  private final String process;
  private final TerminalLimits limits;

  TerminalViewer(AgentProcesses processes, Terminal terminal, TerminalLimits limits) {
    this.processes = processes;
    this.process = terminal.process().id();
    this.limits = limits;
  }

  /// Shows the terminal, with what it wrote last, until the viewer leaves or the terminal ends.
  public void attach(TerminalScreen screen) throws IOException, InterruptedException {
    long written = processes.find(process).map(ProcessStatus::outputBytes).orElse(0L);
    long from = Math.max(0, written - limits.replayBytesMax());
    try (ProcessOutput output = processes.read(process, OutputRequest.output(from, true))) {
      screen.whenLeft(output::close);
      Thread input = Thread.ofVirtual().name("terminal-input").start(() -> type(screen));
      try {
        if (!show(output, screen)) {
          screen.tooSlow();
        } else if (!screen.left()) {
          screen.ended(end());
        }
      } catch (AgentFailure failure) {
        // The sandbox has ended, or cannot be reached. Without this the input's thread would wait
        // for ever.
        screen.failed(ToolboxFailures.of(failure).sentence());
      } finally {
        // What was typed before the viewer left still counts, also when its leaving was noticed
        // first.
        input.join();
      }
    }
  }

  /// @return false when the viewer is so far behind that output was dropped before it came to it
  private static boolean show(ProcessOutput output, TerminalScreen screen) throws IOException {
    long expected = -1;
    for (Optional<OutputPiece> next = output.next(); next.isPresent(); next = output.next()) {
      OutputPiece piece = next.get();
      if (expected >= 0 && piece.offset() > expected) {
        return false;
      }
      boolean cut = expected < 0 && piece.offset() > 0;
      expected = piece.end();
      send(cut ? behindFirstLine(piece.data()) : piece.data(), screen);
    }
    return true;
  }

  /// What is seen again begins with a whole line, not within a character or a control sequence.
  private static ByteBuffer behindFirstLine(ByteBuffer data) {
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

  private void type(TerminalScreen screen) {
    try {
      for (var next = screen.typed(); next.isPresent(); next = screen.typed()) {
        if (next.get().length > 0) {
          write(next.get());
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /// The end of a terminal is reported elsewhere; one whose program reads nothing loses input, as
  /// every terminal does.
  private void write(byte[] bytes) {
    try {
      processes.write(process, bytes);
    } catch (AgentFailure _) {
      // See above.
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
