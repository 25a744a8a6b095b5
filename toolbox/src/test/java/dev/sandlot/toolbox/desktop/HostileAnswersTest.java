package dev.sandlot.toolbox.desktop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.http.Json;
import dev.sandlot.model.OperationFailure;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// Answers of the desktop program that are invalid or malicious.
class HostileAnswersTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"image\":5,\"x\":1,\"y\":1}",
        "{\"image\":\"not base64!\",\"x\":1,\"y\":1}",
        "{\"image\":\"PGh0bWw+\",\"x\":1,\"y\":1}",
        "{\"image\":\"iVBORw0KGgo=\",\"x\":1e99,\"y\":1}",
        "{\"image\":\"iVBORw0KGgo=\",\"x\":\"1\",\"y\":1}"
      })
  void refusesAnswersThatAreNoPicture(String answer) {
    assertThatThrownBy(() -> Picture.of(json(answer)))
        .isInstanceOf(OperationFailure.class)
        .hasMessageContaining("answered with");
  }

  @Test
  void listsWindowsWithinTheLimitsOnly() {
    JsonNode window =
        json(
            "{\"windows\":[{\"id\":1,\"title\":\"a\\u001b[2Jb\",\"x\":1,\"y\":2,\"width\":3,"
                + "\"height\":4,\"active\":\"yes\",\"extra\":1}]}");

    List<Map<String, Object>> windows = DisplayEndpoints.windows(window, 1);

    assertThat(windows.getFirst().get("title")).isEqualTo("a[2Jb");
    assertThat(windows.getFirst()).doesNotContainKey("extra");
    assertThatThrownBy(() -> DisplayEndpoints.windows(window, 0))
        .isInstanceOf(OperationFailure.class);
    assertThatThrownBy(() -> DisplayEndpoints.windows(json("{\"windows\":{}}"), 1))
        .isInstanceOf(OperationFailure.class);
  }

  @Test
  void buildsATreeAndCutsItWhereItIsTooDeep() {
    WidgetTree tree =
        WidgetTree.of(
            json(
                "{\"nodes\":[%s,%s,%s,%s],\"truncated\":false}"
                    .formatted(node("a", -1), node("b", 0), node("c", 0), node("d", 1))),
            10);

    JsonNode whole = Json.read(Json.bytes(tree.json(10)), JsonNode.class);
    assertThat(whole.path("truncated").asBoolean()).isFalse();
    assertThat(whole.at("/root/children/0/children/0/name").asString()).isEqualTo("d");
    assertThat(whole.at("/root/children/1/name").asString()).isEqualTo("c");
  }

  @Test
  void marksATreeThatIsTooDeepAsTruncated() {
    WidgetTree tree =
        WidgetTree.of(
            json(
                "{\"nodes\":[%s,%s,%s],\"truncated\":false}"
                    .formatted(node("a", -1), node("b", 0), node("c", 1))),
            10);

    JsonNode cut = Json.read(Json.bytes(tree.json(1)), JsonNode.class);
    assertThat(cut.path("truncated").asBoolean()).isTrue();
    assertThat(cut.at("/root/children/0").has("children")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {-2, 0, 1, 1_000_000})
  void refusesATreeWhoseParentsComeLater(int parent) {
    String answer = "{\"nodes\":[%s]}".formatted(node("a", parent));

    assertThatThrownBy(() -> WidgetTree.of(json(answer), 10)).isInstanceOf(OperationFailure.class);
  }

  @Test
  void refusesMoreNodesThanRequested() {
    String answer = "{\"nodes\":[%s,%s]}".formatted(node("a", -1), node("b", 0));

    assertThatThrownBy(() -> WidgetTree.of(json(answer), 1)).isInstanceOf(OperationFailure.class);
  }

  private static String node(String name, int parent) {
    return """
    {"id":":1.1:/x","name":"%s","role":"frame","bounds":[1,2,3,4],"states":[],"actions":[],
     "parent":%d}\
    """
        .formatted(name, parent);
  }

  private static JsonNode json(String text) {
    return Json.read(text, JsonNode.class);
  }
}
