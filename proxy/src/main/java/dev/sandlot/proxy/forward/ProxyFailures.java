package dev.sandlot.proxy.forward;

import dev.sandlot.http.Exchange;
import dev.sandlot.http.FailureBody;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.proxy.access.RequestHead;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Failures of the proxy, and of the toolbox behind it, in their one shape
/// (docs/contract/transport.md).
public final class ProxyFailures implements FailureBody {
  /// Whose failures the toolbox's are.
  public static final String TOOLBOX = "DAYTONA_DAEMON";

  private static final Logger LOGGER = LoggerFactory.getLogger(ProxyFailures.class);

  @Override
  public Object of(Exchange exchange, HttpFailure failure) {
    boolean toolbox = exchange.attribute(AtToolbox.class).isPresent();
    return body(
        exchange.method(), exchange.rawPath(), failure, toolbox ? TOOLBOX : "DAYTONA_PROXY");
  }

  /// What a caller may know of a fault; the log has the rest.
  public static HttpFailure unexpected(RequestHead head, Exception cause) {
    String reference = UUID.randomUUID().toString();
    LOGGER
        .atError()
        .setCause(cause)
        .addKeyValue("reference", reference)
        .addKeyValue("path", head.rawPath())
        .log("upgrade failed unexpectedly");
    return new HttpFailure(
        500,
        "",
        "something went wrong on the server; its log has the details under reference " + reference);
  }

  public static Map<String, Object> body(
      String method, String rawPath, HttpFailure failure, String source) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("statusCode", failure.status());
    body.put("message", failure.sentence());
    body.put("code", failure.code().orElse(code(failure.status())));
    body.put("source", source);
    body.put("timestamp", Instant.now().toString());
    body.put("path", rawPath);
    body.put("method", method);
    body.putAll(failure.details());
    return body;
  }

  private static String code(int status) {
    return switch (status) {
      case 400 -> "BAD_REQUEST";
      case 401 -> "UNAUTHORIZED";
      case 403 -> "FORBIDDEN";
      case 404 -> "NOT_FOUND";
      case 408 -> "REQUEST_TIMEOUT";
      case 409 -> "CONFLICT";
      case 410 -> "GONE";
      case 413 -> "PAYLOAD_TOO_LARGE";
      case 422 -> "UNPROCESSABLE_ENTITY";
      case 429 -> "TOO_MANY_REQUESTS";
      case 501 -> "NOT_IMPLEMENTED";
      case 502 -> "BAD_GATEWAY";
      case 503 -> "SERVICE_UNAVAILABLE";
      case 504 -> "GATEWAY_TIMEOUT";
      default -> status < 500 ? "BAD_REQUEST" : "INTERNAL_SERVER_ERROR";
    };
  }

  /// Left on exchanges that the toolbox serves.
  public enum AtToolbox {
    YES
  }
}
