package dev.sandlot.toolbox.code;

import dev.sandlot.agentclient.OutputSink;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// Takes the descriptions of charts out of what a program writes, and passes the rest on. Used by
/// one thread.
public final class ChartOutput implements OutputSink {
  private static final int FRAME_BYTES_MAX = 16 << 10;
  private static final int CHARTS_MAX = 100;
  private static final int CHARACTERS_MAX = 32 << 20;

  private final MarkedOutput marked;
  private final List<Map<String, Object>> charts = new ArrayList<>();
  private final StringBuilder begun = new StringBuilder();
  private long characters;

  /// @param rest gets everything else
  public ChartOutput(ChartProgram program, OutputSink rest) {
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

  /// The charts, once the program has ended.
  public List<Map<String, Object>> charts() throws IOException {
    marked.end();
    return List.copyOf(charts);
  }

  /// A program that writes more charts than it may loses those beyond.
  private void take(JsonNode frame) {
    String part = frame.path("part").asString("");
    characters += part.length();
    if (characters > CHARACTERS_MAX || charts.size() >= CHARTS_MAX) {
      return;
    }
    begun.append(part);
    if (!frame.path("last").asBoolean(false)) {
      return;
    }
    String whole = begun.toString();
    begun.setLength(0);
    try {
      ChartJson.checked(Json.object(whole.getBytes(StandardCharsets.UTF_8))).ifPresent(charts::add);
    } catch (HttpFailure _) {
      // The program has written it itself, and it is no chart.
    }
  }
}
