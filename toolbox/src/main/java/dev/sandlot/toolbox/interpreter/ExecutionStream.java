package dev.sandlot.toolbox.interpreter;

import dev.sandlot.agentclient.process.OutputPiece;
import dev.sandlot.toolbox.code.MarkedOutput;
import java.io.IOException;
import tools.jackson.databind.JsonNode;

/// One of the two streams of a context, during one execution: what comes before its beginning and
/// after its end belongs to somebody else. Used by one thread.
final class ExecutionStream implements MarkedOutput.Receiver {
  /// A larger piece is cut where the pipe was full, and more comes at once.
  private static final int PIECE_BYTES_SMALL = 4_096;

  private enum Stage {
    BEFORE,
    RUNNING,
    ENDED
  }

  /// Learns of frames between beginning and end.
  interface Listener {
    void began();

    void told(JsonNode frame);
  }

  private final String execution;
  private final MarkedOutput marked;
  private final OutputLines lines;
  private final Listener listener;
  private Stage stage = Stage.BEFORE;
  private long offset;

  ExecutionStream(
      String execution,
      String token,
      long offset,
      InterpreterLimits limits,
      OutputLines.Receiver output,
      Listener listener) {
    this.execution = execution;
    this.offset = offset;
    this.marked = new MarkedOutput(token, limits.frameBytesMax(), this);
    this.lines = new OutputLines(limits.messageCharactersMax(), output);
    this.listener = listener;
  }

  /// @return false when bytes before this piece are no longer kept
  boolean take(OutputPiece piece) throws IOException {
    boolean whole = piece.offset() <= offset;
    offset = piece.end();
    boolean small = piece.data().remaining() < PIECE_BYTES_SMALL;
    marked.push(piece.data());
    if (small) {
      lines.flush();
    }
    return whole;
  }

  boolean ended() {
    return stage == Stage.ENDED;
  }

  /// The process is gone: what it had begun to say is all there is.
  void cutOff() throws IOException {
    marked.end();
    lines.end();
    stage = Stage.ENDED;
  }

  @Override
  public void text(byte[] bytes, int begin, int length) throws IOException {
    if (stage == Stage.RUNNING) {
      lines.push(bytes, begin, length);
    }
  }

  @Override
  public void frame(JsonNode frame) throws IOException {
    if (!frame.path("id").asString("").equals(execution)) {
      return;
    }
    switch (frame.path("kind").asString("")) {
      case "begin" -> {
        if (stage == Stage.BEFORE) {
          stage = Stage.RUNNING;
          listener.began();
        }
      }
      case "end" -> {
        if (stage == Stage.RUNNING) {
          lines.end();
        }
        stage = Stage.ENDED;
        listener.told(frame);
      }
      default -> listener.told(frame);
    }
  }
}
