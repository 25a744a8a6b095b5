package dev.sandlot.toolbox.desktop;

import dev.sandlot.http.Exchange;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.desktop.session.DesktopFailures;
import dev.sandlot.toolbox.desktop.session.DesktopLimits;
import dev.sandlot.toolbox.desktop.session.DesktopProgram;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/// Screenshots (docs/contract/computer-use.md#screenshots).
final class ScreenshotEndpoints {
  private static final int QUALITY_MAX = 100;
  private static final int QUALITY_STANDARD = 85;
  private static final double SCALE_MIN = 0.1;
  private static final int SCALE_TEXT_MAX = 20;

  private final DesktopProgram program;
  private final DesktopLimits limits;

  ScreenshotEndpoints(DesktopProgram program, DesktopLimits limits) {
    this.program = program;
    this.limits = limits;
  }

  void full(Exchange exchange) throws IOException, InterruptedException {
    send(exchange, defaultOptions(exchange), false);
  }

  void region(Exchange exchange) throws IOException, InterruptedException {
    Map<String, Object> options = defaultOptions(exchange);
    options.put("region", area(exchange));
    send(exchange, options, false);
  }

  void compressed(Exchange exchange) throws IOException, InterruptedException {
    send(exchange, compressedOptions(exchange), true);
  }

  void compressedRegion(Exchange exchange) throws IOException, InterruptedException {
    Map<String, Object> options = compressedOptions(exchange);
    options.put("region", area(exchange));
    send(exchange, options, true);
  }

  private static Map<String, Object> defaultOptions(Exchange exchange) {
    Map<String, Object> options = new HashMap<>();
    options.put("cursor", cursorWanted(exchange));
    options.put("format", "png");
    options.put("quality", QUALITY_STANDARD);
    options.put("scale", 1);
    return options;
  }

  private static Map<String, Object> compressedOptions(Exchange exchange) {
    Map<String, Object> options = defaultOptions(exchange);
    String format = exchange.query("format").orElse("").toLowerCase(Locale.ROOT);
    // Other formats, such as webp, are answered with PNG.
    options.put("format", format.equals("jpeg") || format.equals("jpg") ? "jpeg" : "png");
    int quality = Arguments.queryInteger(exchange, "quality").orElse(QUALITY_STANDARD);
    if (quality < 1 || quality > QUALITY_MAX) {
      throw DesktopFailures.badRequest("quality must be from 1 to " + QUALITY_MAX);
    }
    options.put("quality", quality);
    options.put("scale", scale(exchange));
    return options;
  }

  private static double scale(Exchange exchange) {
    String text = exchange.query("scale").orElse("");
    if (text.isEmpty()) {
      return 1;
    }
    double scale;
    try {
      scale = text.length() <= SCALE_TEXT_MAX ? Double.parseDouble(text) : 0;
    } catch (NumberFormatException _) {
      scale = 0;
    }
    if (!(scale >= SCALE_MIN && scale <= 1)) {
      throw DesktopFailures.badRequest("scale must be a number from " + SCALE_MIN + " to 1");
    }
    return scale;
  }

  private static boolean cursorWanted(Exchange exchange) {
    String text =
        exchange
            .query("showCursor")
            .or(() -> exchange.query("show_cursor"))
            .orElse("false")
            .toLowerCase(Locale.ROOT);
    return switch (text) {
      case "true", "1" -> true;
      case "false", "0", "" -> false;
      default -> throw DesktopFailures.badRequest("showCursor must be true or false");
    };
  }

  private List<Integer> area(Exchange exchange) {
    int most = limits.coordinateMax();
    return List.of(
        part(exchange, "x", -most),
        part(exchange, "y", -most),
        part(exchange, "width", 1),
        part(exchange, "height", 1));
  }

  private int part(Exchange exchange, String name, int min) {
    OptionalInt number = Arguments.queryInteger(exchange, name);
    if (number.isEmpty() || number.getAsInt() < min || number.getAsInt() > limits.coordinateMax()) {
      throw DesktopFailures.badRequest(
          name + " must be a whole number from " + min + " to " + limits.coordinateMax());
    }
    return number.getAsInt();
  }

  private void send(Exchange exchange, Map<String, Object> options, boolean compressed)
      throws IOException, InterruptedException {
    Picture picture = Picture.of(program.call(Calls.sandbox(exchange), "screenshot", options));
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("screenshot", picture.base64());
    if (!compressed || Boolean.TRUE.equals(options.get("cursor"))) {
      body.put("cursorPosition", Map.of("x", picture.cursorX(), "y", picture.cursorY()));
    }
    if (compressed) {
      body.put("sizeBytes", picture.sizeBytes());
    }
    exchange.sendJson(body);
  }
}
