package dev.sandlot.runtime.remote;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Json;
import dev.sandlot.model.SandboxId;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The protocol between a proxy and a runner on another machine.
///
/// A toolbox call is the client's request at `/sandboxes/<id>/toolbox/<path>`, and its answer; a
/// WebSocket is an upgrade there. A connection to a port of a sandbox is an upgrade to `tcp` at
/// `/sandboxes/<id>/ports/<port>`, after which both sides send the connection's bytes. Each request
/// carries the runner's key. An answer with the header {@link #FAILURE_HEADER} is a failure of the
/// gateway, to be raised where the proxy called it.
public final class GatewayProtocol {
  /// Carries {@link #bearer}; `Authorization` may be the sandbox's own.
  public static final String KEY_HEADER = "X-Daytona-Authorization";

  /// On answers whose body is a {@link Failure}.
  public static final String FAILURE_HEADER = "X-Sandlot-Failure";

  /// The value of `Upgrade` for a connection to a port.
  public static final String PORT_PROTOCOL = "tcp";

  /// The code of a failure: this path has no WebSocket; to be requested without an upgrade.
  public static final String NO_WEB_SOCKET = "NO_WEB_SOCKET";

  /// The code of a failure to dial: the sandbox does not run.
  public static final String NOT_RUNNING = "NOT_RUNNING";

  /// The code of a failure to dial: nothing listens on the port.
  public static final String REFUSED = "CONNECTION_REFUSED";

  /// The readiness check, which needs no key.
  static final String READY = "/health/ready";

  static final String SANDBOXES = "/sandboxes/";
  static final String TOOLBOX = "toolbox";
  static final String PORTS = "ports";

  private GatewayProtocol() {}

  /// The path of a toolbox call.
  ///
  /// @param rawPath the toolbox's path, "/process/execute", percent-encoding untouched
  public static String toolboxPath(SandboxId id, String rawPath) {
    return SANDBOXES + id + "/" + TOOLBOX + rawPath;
  }

  /// The path of a connection to a port.
  ///
  /// @param port 1 to 65535
  public static String portPath(SandboxId id, int port) {
    return SANDBOXES + id + "/" + PORTS + "/" + port;
  }

  /// The value of {@link #KEY_HEADER}.
  ///
  /// @param key the runner's
  public static String bearer(String key) {
    return "Bearer " + key;
  }

  /// The body of a failure.
  ///
  /// @param code empty when it follows from the status
  /// @param message for the client
  /// @param details extra keys of the client's answer
  public record Failure(
      @Nullable String code, @Nullable String message, @Nullable Map<String, Object> details) {
    static Map<String, Object> body(HttpFailure failure) {
      Map<String, Object> body = new LinkedHashMap<>();
      body.put("code", failure.code().orElse(""));
      body.put("message", failure.sentence());
      body.put("details", failure.details());
      return body;
    }

    /// Reads the body of a failure. Of an answer in another form the status and the text are kept.
    ///
    /// @param headers of the answer that the client gets too
    public static HttpFailure read(int status, Map<String, String> headers, byte[] body) {
      try {
        Failure failure = Json.read(body, Failure.class);
        return new HttpFailure(
            status,
            failure.code == null ? "" : failure.code,
            failure.message == null ? "" : failure.message,
            headers,
            failure.details == null ? Map.of() : failure.details);
      } catch (RuntimeException _) {
        return new HttpFailure(status, "", new String(body, UTF_8), headers, Map.of());
      }
    }
  }
}
