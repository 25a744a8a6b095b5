package dev.sandlot.toolbox.interpreter;

import dev.sandlot.agentclient.process.OutputPiece;
import dev.sandlot.toolbox.code.MarkedOutput;
import java.io.IOException;
import tools.jackson.databind.JsonNode;

/// The output of one execution in one of the two streams of its context. Output before its begin
/// frame and after its end frame belongs to other executions. Used by one thread.
final class ExecutionStream implements MarkedOutput.Receiver {
  /// A larger piece was cut because the pipe was full, so that more follows at once.
  private static final int PIECE_BYTES_SMALL = 4_096;

  private enum Stage {
    BEFORE,
    RUNNING,
    ENDED
  }

  /// Gets the execution's frames.
  interface Listener {
    void started();

    void frame(JsonNode frame);
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

  /// @return false when bytes before this piece have been dropped
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

  /// To be called when the process has ended: sends the output that is left.
  void processEnded() throws IOException {
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
          listener.started();
        }
      }
      case "end" -> {
        if (stage == Stage.RUNNING) {
          lines.end();
        }
        stage = Stage.ENDED;
        listener.frame(frame);
      }
      default -> listener.frame(frame);
    }
  }
}
