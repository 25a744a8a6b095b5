package dev.sandlot.runtime.remote;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.http.Endpoint;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.FailureBody;
import dev.sandlot.http.ForwardedExchange;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Tunnel;
import dev.sandlot.http.UpgradeRequest;
import dev.sandlot.http.Upgrades;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.SandboxId;
import dev.sandlot.runtime.NotRunning;
import dev.sandlot.runtime.PortConnection;
import dev.sandlot.runtime.ToolboxGateway;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Serves a gateway to proxies on other machines, by the {@link GatewayProtocol}. Requests without
/// the runner's key are refused; the key is not passed on. Thread-safe.
///
/// To be used as an HTTP server's dispatcher, upgrades and {@link #failures}.
public final class GatewayEndpoint implements Endpoint, Upgrades {
  private static final Logger LOGGER = LoggerFactory.getLogger(GatewayEndpoint.class);
  private static final int BUFFER_BYTES = 32 * 1024;
  private static final int PORT_MAX = 65_535;
  private static final byte[] SWITCHING_PROTOCOLS =
      ("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "
              + GatewayProtocol.PORT_PROTOCOL
              + "\r\n\r\n")
          .getBytes(ISO_8859_1);

  private final ToolboxGateway gateway;
  private final byte[] bearer;

  /// @param key that a proxy has to send
  public GatewayEndpoint(ToolboxGateway gateway, String key) {
    this.gateway = gateway;
    this.bearer = GatewayProtocol.bearer(key).getBytes(UTF_8);
  }

  @Override
  public Set<String> protocols() {
    return Set.of("websocket", GatewayProtocol.PORT_PROTOCOL);
  }

  /// The form of failures, which the proxy recognizes by a header.
  public FailureBody failures() {
    return (exchange, failure) -> {
      exchange.responseHeader(GatewayProtocol.FAILURE_HEADER, "1");
      return GatewayProtocol.Failure.body(failure);
    };
  }

  @Override
  public void serve(Exchange exchange) throws Exception {
    if (exchange.rawPath().equals(GatewayProtocol.READY)) {
      exchange.sendJson(Map.of("status", "ok"));
      return;
    }
    requireKey(exchange.header(GatewayProtocol.KEY_HEADER));
    exchange.admit(true);
    Target target = Target.read(exchange.rawPath());
    if (!target.kind().equals(GatewayProtocol.TOOLBOX)) {
      throw unknownPath();
    }
    gateway.serve(
        target.id(),
        target.rest(),
        new ForwardedExchange(exchange, withoutKey(exchange.headers())));
  }

  /// Refusals are answered here: returned as "no upgrade", the request would be served as a plain
  /// one.
  @Override
  public Optional<Tunnel> open(UpgradeRequest request) {
    HttpFailure refusal;
    try {
      requireKey(request.header(GatewayProtocol.KEY_HEADER));
      Target target = Target.read(request.rawPath());
      boolean port = request.header("Upgrade").orElse("").equals(GatewayProtocol.PORT_PROTOCOL);
      return Optional.of(port ? toPort(target) : toToolbox(target, request));
    } catch (OperationFailure failure) {
      refusal = HttpFailure.of(failure);
    } catch (Exception e) {
      refusal = unexpected(request, e);
    }
    return Optional.of(
        Tunnel.refusing(withFailureHeader(refusal), GatewayProtocol.Failure.body(refusal)));
  }

  private Tunnel toToolbox(Target target, UpgradeRequest request) throws Exception {
    if (!target.kind().equals(GatewayProtocol.TOOLBOX)) {
      throw unknownPath();
    }
    int mark = request.rawTarget().indexOf('?');
    UpgradeRequest inner =
        new UpgradeRequest(
            request.method(),
            target.rest() + (mark < 0 ? "" : request.rawTarget().substring(mark)),
            withoutKey(request.headers()),
            request.remoteAddress(),
            request.secure());
    return gateway
        .upgrade(target.id(), target.rest(), inner)
        .orElseThrow(() ->
            new HttpFailure(404, GatewayProtocol.NO_WEB_SOCKET, "this path has no WebSocket"));
  }

  private Tunnel toPort(Target target) {
    if (!target.kind().equals(GatewayProtocol.PORTS)) {
      throw unknownPath();
    }
    PortConnection connection;
    try {
      connection = gateway.dial(target.id(), port(target.rest()));
    } catch (NotRunning notRunning) {
      throw new HttpFailure(
          409, GatewayProtocol.NOT_RUNNING, String.valueOf(notRunning.getMessage()));
    } catch (IOException refused) {
      throw new HttpFailure(502, GatewayProtocol.REFUSED, String.valueOf(refused.getMessage()));
    }
    return (in, out) -> {
      try (connection) {
        out.write(SWITCHING_PROTOCOLS);
        Thread.ofVirtual().name("port-upload").start(() -> upload(in, connection));
        copy(connection.in(), out);
      }
    };
  }

  /// Copies what the proxy sends. When it closes its side properly the other direction stays open;
  /// when its connection breaks both are closed.
  private static void upload(InputStream in, PortConnection connection) {
    try {
      copy(in, connection.out());
      connection.closeOutput();
    } catch (IOException | RuntimeException _) {
      connection.close();
    }
  }

  private static void copy(InputStream in, OutputStream out) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
      out.write(buffer, 0, count);
      out.flush();
    }
  }

  private static int port(String rest) {
    String text = rest.substring(1);
    boolean digits =
        !text.isEmpty()
            && text.length() <= 5
            && text.chars().allMatch(each -> each >= '0' && each <= '9');
    int port = digits ? Integer.parseInt(text) : 0;
    if (port < 1 || port > PORT_MAX) {
      throw HttpFailure.badRequest("port must be a number from 1 to " + PORT_MAX);
    }
    return port;
  }

  private void requireKey(Optional<String> given) {
    if (!MessageDigest.isEqual(given.orElse("").getBytes(UTF_8), bearer)) {
      throw HttpFailure.unauthorized(
          "this is a runner, for proxies that have its key (" + GatewayProtocol.KEY_HEADER + ")");
    }
  }

  private static List<Map.Entry<String, String>> withoutKey(
      List<Map.Entry<String, String>> headers) {
    return headers.stream()
        .filter(header -> !header.getKey().equalsIgnoreCase(GatewayProtocol.KEY_HEADER))
        .toList();
  }

  private static HttpFailure withFailureHeader(HttpFailure failure) {
    Map<String, String> headers = new HashMap<>(failure.headers());
    headers.put(GatewayProtocol.FAILURE_HEADER, "1");
    return new HttpFailure(
        failure.status(),
        failure.code().orElse(""),
        failure.sentence(),
        headers,
        failure.details());
  }

  private static HttpFailure unexpected(UpgradeRequest request, Exception cause) {
    String reference = UUID.randomUUID().toString();
    LOGGER
        .atError()
        .setCause(cause)
        .addKeyValue("reference", reference)
        .addKeyValue("path", request.rawPath())
        .log("upgrade failed unexpectedly");
    return new HttpFailure(
        500,
        "",
        "something went wrong on the server; its log has the details under reference " + reference);
  }

  private static HttpFailure unknownPath() {
    return HttpFailure.notFound("a runner serves /sandboxes/<id>/toolbox/… and …/ports/<port>");
  }

  /// The parts of a path.
  ///
  /// @param kind "toolbox" or "ports"
  /// @param rest the rest of the path, with its slash
  private record Target(SandboxId id, String kind, String rest) {
    static Target read(String rawPath) {
      int idEnd = rawPath.indexOf('/', GatewayProtocol.SANDBOXES.length());
      int kindEnd = idEnd < 0 ? -1 : rawPath.indexOf('/', idEnd + 1);
      if (!rawPath.startsWith(GatewayProtocol.SANDBOXES) || kindEnd < 0) {
        throw unknownPath();
      }
      SandboxId id =
          SandboxId.parse(rawPath.substring(GatewayProtocol.SANDBOXES.length(), idEnd))
              .orElseThrow(GatewayEndpoint::unknownPath);
      return new Target(id, rawPath.substring(idEnd + 1, kindEnd), rawPath.substring(kindEnd));
    }
  }
}
