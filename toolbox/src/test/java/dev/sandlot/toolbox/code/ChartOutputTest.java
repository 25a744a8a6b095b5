package dev.sandlot.toolbox.code;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ChartOutputTest {
  private final StringBuilder rest = new StringBuilder();
  private final List<Map<String, Object>> charts = new ArrayList<>();
  private final ChartProgram program = ChartProgram.of("import matplotlib", 1 << 20).orElseThrow();
  private final ChartOutput output =
      new ChartOutput(program, data -> rest.append(UTF_8.decode(data)), charts::add);

  private void write(String text) throws IOException {
    output.write(ByteBuffer.wrap(text.getBytes(UTF_8)));
  }

  private void part(String text, boolean last) throws IOException {
    Map<String, Object> frame = new LinkedHashMap<>();
    frame.put("part", text);
    frame.put("last", last);
    write("\0" + program.token() + " " + Json.text(frame) + "\n");
  }

  private JsonNode charts() throws IOException {
    output.end();
    return Json.read(Json.text(charts), JsonNode.class);
  }

  @Test
  void joinsPartsAndPassesOtherOutputOn() throws IOException {
    write("before\n");
    part("{\"type\":\"bar\",\"elem", false);
    write("between\n");
    part("ents\":[{\"label\":\"a\",\"value\":\"12.5\"}]}", true);
    write("after");

    assertThat(charts().path(0).path("elements").path(0).path("value").stringValue())
        .isEqualTo("12.5");
    assertThat(rest.toString()).isEqualTo("before\nbetween\nafter");
  }

  @Test
  void leavesOutFieldsThatStrictClientsRefuse() throws IOException {
    part(
        "{\"type\":\"bar\",\"title\":5,\"x_ticks\":[1,\"two\"],\"y_ticks\":[1,2],\"other\":1,"
            + "\"elements\":[{\"label\":\"a\",\"value\":3,\"points\":[[1]],\"min\":2}]}",
        true);

    assertThat(charts().path(0).toString())
        .isEqualTo(
            "{\"type\":\"bar\",\"y_ticks\":[1,2],\"elements\":[{\"label\":\"a\",\"min\":2}]}");
  }

  @Test
  void dropsInvalidCharts() throws IOException {
    part("[]", true);
    part("{broken", true);
    part("{\"title\":\"no type\"}", true);
    part("{\"type\":\"unknown\"}", true);

    assertThat(charts().toString()).isEqualTo("[{\"type\":\"unknown\",\"elements\":null}]");
  }

  @Test
  void keepsTheDataOfCompositesFromClientsThatRefuseUnknownKeys() throws IOException {
    part(
        "{\"type\":\"composite_chart\",\"elements\":[{\"type\":\"line\",\"title\":\"left\","
            + "\"x_ticks\":[1],\"elements\":[{\"points\":[[1,2]]}]}]}",
        true);

    assertThat(charts().toString()).contains("x_ticks", "points");
    output.end();
    String strict = Json.text(ChartJson.withoutExtraKeys(List.copyOf(charts)));
    assertThat(strict)
        .contains("\"title\":\"left\"", "\"type\":\"line\"")
        .doesNotContain("x_ticks", "points");
  }
}
