package dev.sandlot.controlplane.operation;

import dev.sandlot.http.Exchange;
import java.util.OptionalInt;

/// What an operation answers when it succeeds. Its status is the row's, unless it says another.
public final class Answer {
  private final Body body;
  private final OptionalInt status;
  private final boolean stored;

  private Answer(Body body, OptionalInt status, boolean stored) {
    this.body = body;
    this.status = status;
    this.stored = stored;
  }

  private sealed interface Body {
    record Nothing() implements Body {}

    record Json(Object value) implements Body {}

    record Text(String text) implements Body {}
  }

  public static Answer nothing() {
    return new Answer(new Body.Nothing(), OptionalInt.empty(), true);
  }

  public static Answer json(Object value) {
    return new Answer(new Body.Json(value), OptionalInt.empty(), true);
  }

  public static Answer text(String text) {
    return new Answer(new Body.Text(text), OptionalInt.empty(), true);
  }

  /// For an operation whose status says more than whether it succeeded.
  public Answer withStatus(int other) {
    return new Answer(body, OptionalInt.of(other), stored);
  }

  /// For secrets: nobody on the way may keep it.
  public Answer notStored() {
    return new Answer(body, status, false);
  }

  void send(Exchange exchange) {
    status.ifPresent(exchange::status);
    if (!stored) {
      exchange.responseHeader("Cache-Control", "no-store");
    }
    switch (body) {
      case Body.Nothing() -> exchange.send();
      case Body.Json(Object value) -> exchange.sendJson(value);
      case Body.Text(String text) -> exchange.sendText(text);
    }
  }
}
