package dev.sandlot.toolbox.terminal;

import dev.sandlot.agentclient.AgentFailure;
import dev.sandlot.agentclient.AgentProcesses;
import dev.sandlot.agentclient.OutputPiece;
import dev.sandlot.agentclient.OutputRequest;
import dev.sandlot.agentclient.ProcessOutput;
import dev.sandlot.agentclient.ProcessStatus;
import dev.sandlot.http.Json;
import dev.sandlot.http.websocket.WebSocket;
import dev.sandlot.toolbox.call.ToolboxFailures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// One who looks at a terminal and types into it. Any number may do so at one time.
final class Viewer {
  private static final String CONNECTED = Json.text(control("connected"));
  private static final int MESSAGE_BYTES_MAX = 32 << 10;

  /// An end is known as soon as the output is over, or a moment later.
  private static final Duration END_MAX = Duration.ofSeconds(2);

  private final AgentProcesses processes;
  private final String process;
  private final TerminalLimits limits;
  private final boolean wantsExit;

  /// @param wantsExit whether it has asked for a message about the terminal's end
  Viewer(AgentProcesses processes, Terminal terminal, TerminalLimits limits, boolean wantsExit) {
    this.processes = processes;
    this.process = terminal.process().id();
    this.limits = limits;
    this.wantsExit = wantsExit;
  }

  /// Tells that there is nothing to look at.
  static void refuse(WebSocket socket, String reason) throws IOException {
    Map<String, Object> message = control("error");
    message.put("error", reason);
    socket.sendText(Json.text(message));
    socket.close(WebSocket.NO_CODE, "");
  }

  /// A message about the terminal, which is text where its output is bytes.
  static Map<String, Object> control(String status) {
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("type", "control");
    message.put("status", status);
    return message;
  }

  /// Serves the viewer until it leaves or the terminal ends.
  void serve(WebSocket socket) throws IOException, InterruptedException {
    socket.sendText(CONNECTED);
    long written = processes.find(process).map(ProcessStatus::outputBytes).orElse(0L);
    long from = Math.max(0, written - limits.replayBytesMax());
    try (ProcessOutput output = processes.read(process, OutputRequest.output(from, true))) {
      socket.whenClosed(output::close);
      Thread typist = Thread.ofVirtual().name("terminal-input").start(() -> type(socket));
      try {
        if (!show(output, socket)) {
          socket.close(WebSocket.POLICY, "slow consumer");
        } else if (!socket.closed()) {
          sayFarewell(socket);
        }
      } catch (AgentFailure failure) {
        // The sandbox has ended, or cannot be reached. Without this the typist would wait for ever.
        socket.close(WebSocket.INTERNAL_ERROR, ToolboxFailures.of(failure).sentence());
      } finally {
        // What was typed before the viewer left still counts, also when its leaving was noticed
        // first.
        typist.join();
      }
    }
  }

  /// @return false when the viewer is so far behind that output was dropped before it came to it
  private static boolean show(ProcessOutput output, WebSocket socket) throws IOException {
    long expected = -1;
    for (Optional<OutputPiece> next = output.next(); next.isPresent(); next = output.next()) {
      OutputPiece piece = next.get();
      if (expected >= 0 && piece.offset() > expected) {
        return false;
      }
      boolean cut = expected < 0 && piece.offset() > 0;
      expected = piece.end();
      send(cut ? behindFirstLine(piece.data()) : piece.data(), socket);
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

  private static void send(ByteBuffer data, WebSocket socket) throws IOException {
    byte[] bytes = new byte[Math.min(MESSAGE_BYTES_MAX, data.remaining())];
    while (data.hasRemaining()) {
      int count = Math.min(bytes.length, data.remaining());
      data.get(bytes, 0, count);
      socket.sendBytes(bytes, 0, count);
    }
  }

  private void type(WebSocket socket) {
    try {
      for (var next = socket.receive(); next.isPresent(); next = socket.receive()) {
        if (next.get().bytes().length > 0) {
          write(next.get().bytes());
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /// A terminal that has ended is told of elsewhere; one whose program reads nothing loses input,
  /// as every terminal does.
  private void write(byte[] bytes) {
    try {
      processes.write(process, bytes);
    } catch (AgentFailure _) {
      // See above.
    }
  }

  private void sayFarewell(WebSocket socket) throws IOException {
    Farewell farewell = Farewell.DELETED;
    try {
      Optional<ProcessStatus> ended = processes.await(process, END_MAX);
      if (ended.isPresent() && ended.get().label(Terminal.DELETED).isEmpty()) {
        farewell = ended.get().end().map(Farewell::of).orElse(farewell);
      }
    } catch (AgentFailure failure) {
      if (failure.kind() != AgentFailure.Kind.NOT_FOUND) {
        throw failure;
      }
    }
    if (wantsExit) {
      socket.sendText(farewell.control());
    }
    farewell.close(socket);
  }
}
