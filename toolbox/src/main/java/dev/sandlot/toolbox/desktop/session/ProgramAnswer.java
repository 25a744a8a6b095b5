package dev.sandlot.toolbox.desktop.session;

import dev.sandlot.agentclient.link.AnswerCharge;
import dev.sandlot.agentclient.process.OutputPiece;
import dev.sandlot.agentclient.process.ProcessOutput;
import dev.sandlot.http.Json;
import dev.sandlot.model.OperationFailure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// Finds the answer to one call in the lines that the program writes. Answers to other calls may
/// come before it, and the beginning of the first line may be missing. All lines are untrusted.
final class ProgramAnswer {
  private final Pieces pieces;
  private final String id;
  private final int bytesMax;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private long end = -1;

  /// @param id of the call
  /// @param bytesMax of a line
  ProgramAnswer(ProcessOutput output, String id, int bytesMax) {
    this(output::next, id, bytesMax);
  }

  ProgramAnswer(Pieces pieces, String id, int bytesMax) {
    this.pieces = pieces;
    this.id = id;
    this.bytesMax = bytesMax;
  }

  /// The source of the output.
  @FunctionalInterface
  interface Pieces {
    /// The next piece; empty at the end.
    Optional<OutputPiece> next() throws IOException;
  }

  /// Waits for the answer.
  ///
  /// @return empty when the output has ended before
  Optional<JsonNode> await() throws IOException {
    while (true) {
      OutputPiece piece = pieces.next().orElse(null);
      if (piece == null) {
        return Optional.empty();
      }
      if (end >= 0 && piece.offset() != end) {
        throw DesktopFailures.broken("more than was kept for it");
      }
      end = piece.end();
      Optional<JsonNode> found = in(piece.data());
      if (found.isPresent()) {
        return found;
      }
    }
  }

  private Optional<JsonNode> in(ByteBuffer data) {
    while (data.hasRemaining()) {
      int begin = data.position();
      int stop = begin;
      while (stop < data.limit() && data.get(stop) != '\n') {
        stop++;
      }
      byte[] part = new byte[stop - begin];
      data.get(part);
      if (line.size() + part.length > bytesMax) {
        throw DesktopFailures.broken("more than " + bytesMax + " bytes");
      }
      AnswerCharge.current().ifPresent(charge -> charge.take(2L * part.length));
      line.writeBytes(part);
      if (data.hasRemaining()) {
        data.get();
        Optional<JsonNode> answer = answer(line.toByteArray());
        line.reset();
        if (answer.isPresent()) {
          return answer;
        }
      }
    }
    return Optional.empty();
  }

  private Optional<JsonNode> answer(byte[] text) {
    try {
      JsonNode node = Json.hostile(text);
      return node != null && node.path("id").asString("").equals(id)
          ? Optional.of(node)
          : Optional.empty();
    } catch (JacksonException | OperationFailure _) {
      return Optional.empty(); // the rest of another call's answer
    }
  }
}
