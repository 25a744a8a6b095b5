package dev.sandlot.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.http.BodyReader.Scalars;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class BodyReaderTest {
  /// How this test's process would refuse.
  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;

    Refused(String sentence) {
      super(sentence);
    }
  }

  private static BodyReader strict(String json) {
    return BodyReader.of(json.getBytes(UTF_8), Scalars.STRICT, Refused::new);
  }

  private static BodyReader coerced(String json) {
    return BodyReader.of(json.getBytes(UTF_8), Scalars.COERCED, Refused::new);
  }

  private static void refuses(ThrowingCallable read, String sentence) {
    assertThatThrownBy(read).isInstanceOf(Refused.class).hasMessage(sentence);
  }

  @Test
  void refusesWhatIsNoObjectAsTheProcessRefuses() {
    refuses(() -> strict("[]"), "the body must be a JSON object");
    assertThatThrownBy(() -> strict("{"))
        .isInstanceOf(Refused.class)
        .hasMessageStartingWith("the body is not valid JSON: ");
    assertThatThrownBy(() -> strict("[".repeat(10_000)))
        .isInstanceOf(Refused.class)
        .hasMessageStartingWith("the body nests too deep");
    assertThat(strict("").has("any")).isFalse();
  }

  @Test
  void takesNullForAbsent() {
    BodyReader body = strict("{\"a\":null}");
    assertThat(body.has("a")).isFalse();
    assertThat(body.text("a", 10)).isEmpty();
    assertThat(body.integer("a", 0, 1)).isEmpty();
    assertThat(body.flag("a")).isEmpty();
    assertThat(body.texts("a", 1)).isEmpty();
    assertThat(body.textMap("a", 1, 1, 1)).isEmpty();
    assertThat(body.object("a")).isEmpty();
    refuses(
        () -> body.requiredText("a", 10), "a is required and must be a string that is not empty");
    refuses(
        () -> body.requiredInteger("a", 1, 2),
        "a is required and must be a whole number from 1 to 2");
    refuses(
        () -> body.requiredTexts("a", 3),
        "a is required and must be an array of at most 3 strings");
    refuses(() -> body.requiredObject("a"), "a is required and must be an object");
  }

  @Test
  void readsTextsThatEverythingBehindCanHold() {
    assertThat(strict("{\"a\":\"grüß 😀\"}").text("a", 7)).contains("grüß 😀");
    refuses(() -> strict("{\"a\":\"12345678\"}").text("a", 7), "a may have at most 7 characters");
    String unfit = "a must not hold NUL or broken Unicode characters";
    refuses(() -> strict("{\"a\":\"\\u0000\"}").text("a", 7), unfit);
    refuses(() -> strict("{\"a\":\"\\ud83d\"}").text("a", 7), unfit);
    refuses(() -> strict("{\"a\":\"\\ude00\"}").text("a", 7), unfit);
    assertThat(strict("{\"a\":\"\\u0000\"}").rawText("a")).contains("\0");
    refuses(
        () -> strict("{\"a\":\"\"}").requiredRawText("a"),
        "a is required and must be a string that is not empty");
  }

  @Test
  void takesScalarsOfOtherKindsOnlyWhereTheContractSaysSo() {
    assertThat(coerced("{\"a\":10}").text("a", 2)).contains("10");
    assertThat(coerced("{\"a\":\" 10 \"}").integer("a", 0, 10)).contains(10);
    assertThat(coerced("{\"a\":10.0}").integer("a", 0, 10)).contains(10);
    assertThat(coerced("{\"a\":\"true\"}").flag("a")).contains(true);
    refuses(() -> coerced("{\"a\":{}}").text("a", 2), "a must be a string");
    refuses(() -> strict("{\"a\":10}").text("a", 2), "a must be a string");
    refuses(
        () -> strict("{\"a\":\"10\"}").integer("a", 0, 10),
        "a must be a whole number from 0 to 10");
    refuses(
        () -> strict("{\"a\":1.5}").integer("a", 0, 10), "a must be a whole number from 0 to 10");
    refuses(() -> strict("{\"a\":\"true\"}").flag("a"), "a must be true or false");
    refuses(() -> coerced("{\"a\":1}").flag("a"), "a must be true or false");
  }

  @Test
  void readsWholeNumbersThatAreInRange() {
    assertThat(strict("{\"a\":-2147483648}").integer("a", Integer.MIN_VALUE, 0))
        .contains(Integer.MIN_VALUE);
    assertThat(strict("{\"a\":4294967295}").seconds("a"))
        .contains(Duration.ofSeconds(4_294_967_295L));
    refuses(
        () -> strict("{\"a\":4294967296}").seconds("a"),
        "a must be a whole number from 0 to 4294967295");
    for (String number : List.of("11", "-1", "1e999999999", "9".repeat(900), "0.5", "true", "[]")) {
      refuses(
          () -> coerced("{\"a\":" + number + "}").integer("a", 0, 10),
          "a must be a whole number from 0 to 10");
    }
  }

  @Test
  void readsArraysAndObjects() {
    BodyReader body = strict("{\"list\":[\"a\",\"\"],\"map\":{\"k\":\"v\"},\"in\":{\"line\":-1}}");
    assertThat(body.texts("list", 2)).contains(List.of("a", ""));
    refuses(() -> body.texts("list", 1), "list must be an array of at most 1 strings");
    refuses(() -> body.texts("map", 1), "map must be an array of at most 1 strings");
    refuses(() -> strict("{\"a\":[1]}").texts("a", 1), "a must hold strings only");
    assertThat(body.textMap("map", 1, 1, 1)).contains(Map.of("k", "v"));
    refuses(() -> body.textMap("map", 0, 1, 1), "map may have at most 0 entries");
    refuses(() -> body.textMap("map", 1, 0, 1), "a key of map may have at most 0 characters");
    refuses(() -> body.textMap("map", 1, 1, 0), "map.k may have at most 0 characters");
    refuses(() -> body.textMap("in", 1, 9, 9), "in.line must be a string");
    refuses(() -> body.textMap("list", 1, 1, 1), "list must be an object of strings");
    refuses(
        () -> strict("{\"a\":{\"\":\"\"}}").textMap("a", 1, 1, 1), "a key of a must not be empty");
    refuses(
        () -> body.requiredObject("in").requiredInteger("line", 0, 9),
        "in.line must be a whole number from 0 to 9");
    refuses(() -> body.object("list"), "list must be an object");
  }

  @Test
  void refusesAsTheCallerWants() {
    BodyReader body = strict("{\"a\":1,\"in\":{\"b\":1}}");
    assertThatThrownBy(() -> body.refusing(IllegalStateException::new).rawText("a"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a must be a string");
    refuses(() -> body.rawText("a"), "a must be a string");
    assertThat(body.requiredObject("in").refused("b", "is odd"))
        .isInstanceOf(Refused.class)
        .hasMessage("in.b is odd");
  }

  @Test
  void readsTheJsonOfOneField() {
    assertThat(BodyReader.holding("a", "{\"k\":\"v\"}", Refused::new).textMap("a", 1, 1, 1))
        .contains(Map.of("k", "v"));
    refuses(() -> BodyReader.holding("a", "{", Refused::new), "a must be JSON");
  }

  @Test
  void tellsWhatAsksForSomething() {
    BodyReader body =
        strict("{\"a\":0,\"b\":false,\"c\":\"\",\"d\":[],\"e\":null,\"f\":1,\"g\":[0]}");
    for (String nothing : List.of("a", "b", "c", "d", "e", "absent")) {
      assertThat(body.asks(nothing)).as(nothing).isFalse();
    }
    assertThat(body.asks("f")).isTrue();
    assertThat(body.asks("g")).isTrue();
  }
}
