package dev.sandlot.proxy.forward;

import dev.sandlot.http.Exchange;
import dev.sandlot.proxy.access.RequestHead;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Lets pages of any origin read answers (docs/contract/previews.md#headers-of-the-proxy), but
/// never with the browser's own credentials: what a page may read with a key or token that it holds
/// itself is fine, what it could read with a visitor's cookies is not its own.
public final class CrossOrigin {
  private static final String DISABLE = "X-Daytona-Disable-CORS";
  private static final String PREFLIGHT_AGE_SECONDS = "600";
  private static final String METHODS = "GET, HEAD, PUT, PATCH, POST, DELETE, OPTIONS";

  private CrossOrigin() {}

  /// Answers a browser's question before a request across origins; those carry no credentials.
  public static boolean answeredPreflight(Exchange exchange) {
    Optional<String> origin = exchange.header("Origin");
    if (!exchange.method().equals("OPTIONS")
        || origin.isEmpty()
        || exchange.header("Access-Control-Request-Method").isEmpty()) {
      return false;
    }
    exchange
        .status(204)
        .responseHeader("Access-Control-Allow-Origin", origin.get())
        .responseHeader("Access-Control-Allow-Methods", METHODS)
        .responseHeader("Access-Control-Max-Age", PREFLIGHT_AGE_SECONDS)
        .responseHeader("Vary", "Origin, Access-Control-Request-Headers");
    exchange
        .header("Access-Control-Request-Headers")
        .ifPresent(names -> exchange.responseHeader("Access-Control-Allow-Headers", names));
    exchange.send();
    return true;
  }

  /// Allows the asking origin to read the answer. A server inside that says itself who may
  /// overrides it.
  public static void allow(Exchange exchange, RequestHead head) {
    Optional<String> origin = head.header("Origin");
    if (origin.isPresent() && !head.header(DISABLE).orElse("").equals("true")) {
      exchange.responseHeader("Access-Control-Allow-Origin", origin.get());
      exchange.responseHeader("Vary", "Origin");
    }
  }

  /// The values of an answer's `Vary`, which differs by origin because of {@link #allow}.
  public static List<String> withOrigin(List<String> vary) {
    List<String> values = new ArrayList<>(vary);
    values.add("Origin");
    return values;
  }
}
