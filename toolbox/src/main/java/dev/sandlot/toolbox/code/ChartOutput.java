package dev.sandlot.toolbox.code;

import dev.sandlot.agentclient.process.OutputSink;
import dev.sandlot.http.Json;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.process.OutputCapture;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/// Extracts descriptions of charts from a program's output, and passes the rest on. Used by one
/// thread.
final class ChartOutput implements OutputCapture {
  private static final int FRAME_BYTES_MAX = 16 << 10;
  private static final int CHARTS_MAX = 100;
  private static final int CHARACTERS_MAX = 32 << 20;

  private final MarkedOutput marked;
  private final Consumer<Map<String, Object>> charts;
  private final StringBuilder partial = new StringBuilder();
  private long characters;
  private int count;

  /// @param rest gets everything else
  /// @param charts gets each description
  ChartOutput(ChartProgram program, OutputSink rest, Consumer<Map<String, Object>> charts) {
    this.charts = charts;
    this.marked =
        new MarkedOutput(
            program.token(),
            FRAME_BYTES_MAX,
            new MarkedOutput.Receiver() {
              @Override
              public void text(byte[] bytes, int offset, int length) throws IOException {
                rest.write(ByteBuffer.wrap(bytes, offset, length));
              }

              @Override
              public void frame(JsonNode frame) {
                take(frame);
              }
            });
  }

  @Override
  public void write(ByteBuffer data) throws IOException {
    marked.push(data);
  }

  @Override
  public void end() throws IOException {
    marked.end();
  }

  /// Collects the parts of a chart. Charts beyond the limit are dropped.
  private void take(JsonNode frame) {
    String part = frame.path("part").asString("");
    characters += part.length();
    if (characters > CHARACTERS_MAX || count >= CHARTS_MAX) {
      return;
    }
    partial.append(part);
    if (!frame.path("last").asBoolean(false)) {
      return;
    }
    String whole = partial.toString();
    partial.setLength(0);
    try {
      ChartJson.checked(Json.object(whole.getBytes(StandardCharsets.UTF_8))).ifPresent(this::add);
    } catch (OperationFailure _) {
      // Written by the program itself, and no chart.
    }
  }

  private void add(Map<String, Object> chart) {
    count++;
    charts.accept(chart);
  }
}
