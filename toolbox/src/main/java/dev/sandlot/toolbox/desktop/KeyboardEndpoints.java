package dev.sandlot.toolbox.desktop;

import dev.sandlot.http.Exchange;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.desktop.session.DesktopFailures;
import dev.sandlot.toolbox.desktop.session.DesktopLimits;
import dev.sandlot.toolbox.desktop.session.DesktopProgram;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;

/// The keyboard (docs/contract/computer-use.md#mouse-keyboard-and-display).
final class KeyboardEndpoints {
  private static final int DELAY_MILLISECONDS_MAX = 10_000;
  private static final char LINE_SEPARATOR = '\u2028';
  private static final char PARAGRAPH_SEPARATOR = '\u2029';

  private final DesktopProgram program;
  private final DesktopLimits limits;

  KeyboardEndpoints(DesktopProgram program, DesktopLimits limits) {
    this.program = program;
    this.limits = limits;
  }

  void type(Exchange exchange) throws IOException, InterruptedException {
    Arguments arguments = Arguments.of(exchange);
    String text = normalized(arguments.text("text").orElse(""));
    int delay = arguments.integer("delay", 0, DELAY_MILLISECONDS_MAX, 0);
    Duration time = Duration.ofMillis((long) delay * text.codePointCount(0, text.length()));
    if (time.compareTo(limits.typingTime()) > 0) {
      throw DesktopFailures.badRequest(
          "typing this text with this delay takes "
              + time.toSeconds()
              + " s, more than the "
              + limits.typingTime().toSeconds()
              + " s that one call may take; send it in parts");
    }
    program.call(
        Calls.sandbox(exchange),
        "type",
        Map.of("text", text, "delay", delay),
        time.plus(limits.typingTime()));
    exchange.sendJson(Map.of());
  }

  /// The text with every kind of line end as one newline, which is typed as Enter.
  private String normalized(String text) {
    String lines = text.replace("\r\n", "\n").replace('\r', '\n');
    if (lines.length() > limits.textCharactersMax()) {
      throw DesktopFailures.badRequest(
          "text is longer than " + limits.textCharactersMax() + " characters; send it in parts");
    }
    for (int index = 0; index < lines.length(); index++) {
      char one = lines.charAt(index);
      if (one == '\t') {
        throw DesktopFailures.badRequest("text holds a tab; press the key tab instead");
      }
      if ((Character.isISOControl(one) && one != '\n')
          || one == LINE_SEPARATOR
          || one == PARAGRAPH_SEPARATOR) {
        throw DesktopFailures.badRequest(
            String.format("text holds the character U+%04X, which no key types", (int) one));
      }
    }
    return lines;
  }

  void press(Exchange exchange) throws IOException, InterruptedException {
    Arguments arguments = Arguments.of(exchange);
    Keys.Chord chord =
        Keys.chord(arguments.requiredText("key"), arguments.texts("modifiers", Keys.MODIFIERS_MAX));
    press(exchange, chord);
  }

  void hotkey(Exchange exchange) throws IOException, InterruptedException {
    press(exchange, Keys.hotkey(Arguments.of(exchange).requiredText("keys")));
  }

  private void press(Exchange exchange, Keys.Chord chord) throws IOException, InterruptedException {
    program.call(
        Calls.sandbox(exchange),
        "press",
        Map.of("key", chord.key(), "modifiers", chord.modifiers()));
    exchange.sendJson(Map.of());
  }

  void down(Exchange exchange) throws IOException, InterruptedException {
    key(exchange, true);
  }

  void up(Exchange exchange) throws IOException, InterruptedException {
    key(exchange, false);
  }

  private void key(Exchange exchange, boolean down) throws IOException, InterruptedException {
    int key = Keys.key(Arguments.of(exchange).requiredText("key"));
    program.call(Calls.sandbox(exchange), "key", Map.of("key", key, "down", down));
    exchange.sendJson(Map.of());
  }
}
