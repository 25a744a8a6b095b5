package dev.sandlot.toolbox.git;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.agentclient.process.OutputSink;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.Json;
import dev.sandlot.toolbox.git.command.OutputLimitExceeded;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Converts the output of {@link #FORMAT} to the contract's list of commits as a stream, so that
/// memory does not grow with the history. Used by one thread.
final class HistoryAnswer implements OutputSink {
  /// Fields of a commit; with `-z`, git ends each with a NUL.
  static final String FORMAT = "--format=%H%x00%an%x00%ae%x00%aI%x00%B";

  private static final List<String> NAMES = List.of("hash", "author", "email", "timestamp");

  private final Exchange exchange;
  private final int commitBytesMax;
  private final ByteArrayOutputStream field = new ByteArrayOutputStream();
  private final List<String> fields = new ArrayList<>();
  private int commitBytes;
  private @Nullable OutputStream answer;

  HistoryAnswer(Exchange exchange, int commitBytesMax) {
    this.exchange = exchange;
    this.commitBytesMax = commitBytesMax;
  }

  @Override
  public void write(ByteBuffer data) throws IOException {
    while (data.hasRemaining()) {
      byte next = data.get();
      if (next != 0) {
        if (commitBytes++ >= commitBytesMax) {
          throw new OutputLimitExceeded();
        }
        field.write(next);
        continue;
      }
      fields.add(field.toString(UTF_8));
      field.reset();
      if (fields.size() > NAMES.size()) {
        writeCommit();
        fields.clear();
        commitBytes = 0;
      }
    }
  }

  private void writeCommit() throws IOException {
    Map<String, Object> commit = new LinkedHashMap<>();
    for (int index = 0; index < NAMES.size(); index++) {
      commit.put(NAMES.get(index), fields.get(index));
    }
    commit.put("message", fields.getLast().stripTrailing());
    OutputStream out = answer;
    if (out == null) {
      exchange.responseHeader("Content-Type", "application/json; charset=utf-8");
      out = exchange.outputStream();
      answer = out;
      out.write('[');
    } else {
      out.write(',');
    }
    out.write(Json.bytes(commit));
  }

  /// Whether a part of the answer has been sent, so that no failure can be answered any more.
  boolean started() {
    return answer != null;
  }

  /// Completes the answer.
  void finish() throws IOException {
    OutputStream out = answer;
    if (out == null) {
      exchange.sendJson(List.of());
    } else {
      out.write(']');
      out.close();
    }
  }
}
