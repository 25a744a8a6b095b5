package dev.sandlot.toolbox.desktop;

import dev.sandlot.http.Exchange;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.desktop.session.Answers;
import dev.sandlot.toolbox.desktop.session.DesktopLimits;
import dev.sandlot.toolbox.desktop.session.DesktopProgram;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// The mouse (docs/contract/computer-use.md#mouse-keyboard-and-display).
final class MouseEndpoints {
  private final DesktopProgram program;
  private final DesktopLimits limits;

  MouseEndpoints(DesktopProgram program, DesktopLimits limits) {
    this.program = program;
    this.limits = limits;
  }

  void position(Exchange exchange) throws IOException, InterruptedException {
    sendPosition(exchange, "position", Map.of());
  }

  void move(Exchange exchange) throws IOException, InterruptedException {
    Arguments arguments = Arguments.of(exchange);
    sendPosition(
        exchange, "move", Map.of("x", coordinate(arguments, "x"), "y", coordinate(arguments, "y")));
  }

  void click(Exchange exchange) throws IOException, InterruptedException {
    ClickRequest request = ClickRequest.read(Arguments.of(exchange), limits.coordinateMax());
    sendPosition(exchange, "click", request.parameters());
  }

  void down(Exchange exchange) throws IOException, InterruptedException {
    button(exchange, true);
  }

  void up(Exchange exchange) throws IOException, InterruptedException {
    button(exchange, false);
  }

  /// Presses or releases a button, at the pointer unless both coordinates are given.
  private void button(Exchange exchange, boolean down) throws IOException, InterruptedException {
    Arguments arguments = Arguments.of(exchange);
    Map<String, Object> parameters = new HashMap<>();
    parameters.put("button", arguments.button());
    parameters.put("down", down);
    if (!arguments.absent("x") && !arguments.absent("y")) {
      parameters.put("x", coordinate(arguments, "x"));
      parameters.put("y", coordinate(arguments, "y"));
    }
    sendPosition(exchange, "button", parameters);
  }

  void drag(Exchange exchange) throws IOException, InterruptedException {
    DragRequest request = DragRequest.read(Arguments.of(exchange), limits.coordinateMax());
    sendPosition(exchange, "drag", request.parameters());
  }

  void scroll(Exchange exchange) throws IOException, InterruptedException {
    ScrollRequest request = ScrollRequest.read(Arguments.of(exchange), limits);
    program.call(Calls.sandbox(exchange), "scroll", request.parameters());
    exchange.sendJson(Map.of("success", true));
  }

  private int coordinate(Arguments arguments, String name) {
    return arguments.coordinate(name, limits.coordinateMax());
  }

  private void sendPosition(Exchange exchange, String call, Map<String, Object> parameters)
      throws IOException, InterruptedException {
    JsonNode answer = program.call(Calls.sandbox(exchange), call, parameters);
    exchange.sendJson(Map.of("x", Answers.integer(answer, "x"), "y", Answers.integer(answer, "y")));
  }
}
