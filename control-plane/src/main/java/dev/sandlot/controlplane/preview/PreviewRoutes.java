package dev.sandlot.controlplane.preview;

import dev.sandlot.controlplane.access.Caller;
import dev.sandlot.controlplane.access.Permission;
import dev.sandlot.controlplane.access.Policy;
import dev.sandlot.controlplane.platform.Addresses;
import dev.sandlot.controlplane.platform.QueryParameters;
import dev.sandlot.controlplane.sandbox.Sandboxes;
import dev.sandlot.controlplane.sandbox.store.Sandbox;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.Route;
import dev.sandlot.model.ClientWords;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SigningKey;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// Where a sandbox's ports and files are to be found, and the proxy's questions over HTTP. The
/// answers to those are bare text, not JSON (docs/contract/transport.md#plain-values).
public final class PreviewRoutes {
  private static final int PORT_MAX = 65_535;
  private static final int TOOLBOX = 2280;
  private static final int LIFE_SECONDS_MAX = 86_400;
  private static final int LIFE_SECONDS_DEFAULT = 60;

  private final Previews previews;
  private final Sandboxes sandboxes;
  private final Addresses addresses;

  public PreviewRoutes(Previews previews, Sandboxes sandboxes, Addresses addresses) {
    this.previews = previews;
    this.sandboxes = sandboxes;
    this.addresses = addresses;
  }

  public List<Route<Policy>> routes() {
    String port = "/sandbox/{sandboxIdOrName}/ports/{port}";
    String signingKey = "/sandbox/{sandboxId}/signing-key";
    Policy proxy = new Policy.Proxy();
    return List.of(
        new Route<>("GET", port + "/preview-url", Policy.key(), this::previewUrl),
        new Route<>("GET", port + "/signed-preview-url", Policy.key(), this::signedUrl),
        new Route<>(
            "POST", port + "/signed-preview-url/{token}/expire", Policy.key(), this::expire),
        new Route<>(
            "GET", "/sandbox/{sandboxId}/toolbox-proxy-url", Policy.key(), this::toolboxUrl),
        new Route<>("GET", signingKey, Policy.key(), this::signingKey),
        new Route<>(
            "POST",
            signingKey + "/rotate",
            Policy.key(Permission.WRITE_SANDBOXES),
            this::rotateSigningKey),
        new Route<>("GET", "/preview/{sandboxId}/signing-key", proxy, this::keyForProxy),
        new Route<>("GET", "/preview/{sandboxId}/public", proxy, this::open),
        new Route<>("GET", "/preview/{sandboxId}/validate/{authToken}", proxy, this::validate),
        new Route<>("GET", "/preview/{sandboxId}/access", Policy.key(), this::access),
        new Route<>(
            "GET", "/preview/{signedPreviewToken}/{port}/sandbox-id", proxy, this::sandboxId));
  }

  private Sandbox named(Exchange exchange, String parameter) {
    return sandboxes.get(
        Caller.keyHolder(exchange).organization(), exchange.pathParameter(parameter));
  }

  private static int port(Exchange exchange) {
    return QueryParameters.integer("port", exchange.pathParameter("port"), 1, PORT_MAX);
  }

  private void previewUrl(Exchange exchange) {
    int port = port(exchange);
    Sandbox sandbox = named(exchange, "sandboxIdOrName");
    String id = sandbox.id().toString();
    exchange.sendJson(
        Map.of(
            "sandboxId", id,
            "url", addresses.preview(port, id),
            "token", Previews.token(sandbox, port)));
  }

  private void signedUrl(Exchange exchange) {
    int port = port(exchange);
    int seconds =
        new QueryParameters(exchange)
            .integer("expiresInSeconds", 1, LIFE_SECONDS_MAX)
            .orElse(LIFE_SECONDS_DEFAULT);
    Sandbox sandbox = named(exchange, "sandboxIdOrName");
    String token = previews.sign(sandbox.id(), port, Duration.ofSeconds(seconds));
    exchange.sendJson(
        Map.of(
            "sandboxId",
            sandbox.id().toString(),
            "port",
            port,
            "token",
            token,
            "url",
            addresses.preview(port, token)));
  }

  private void expire(Exchange exchange) {
    int port = port(exchange);
    Sandbox sandbox = named(exchange, "sandboxIdOrName");
    previews.expire(sandbox.id(), port, exchange.pathParameter("token"));
    exchange.status(201).send();
  }

  private void toolboxUrl(Exchange exchange) {
    named(exchange, "sandboxId");
    exchange.sendJson(Map.of("url", addresses.toolbox()));
  }

  /// Whoever may use the toolbox may sign for it: no permission is asked for either.
  private void signingKey(Exchange exchange) {
    sendKey(exchange, previews.ensureSigningKey(named(exchange, "sandboxId").id()));
  }

  private void rotateSigningKey(Exchange exchange) {
    sendKey(exchange, previews.rotateSigningKey(named(exchange, "sandboxId").id()));
  }

  private void keyForProxy(Exchange exchange) {
    sendKey(exchange, previews.signingKey(id(exchange)).orElseThrow(PreviewRoutes::none));
  }

  private static void sendKey(Exchange exchange, SigningKey key) {
    exchange.responseHeader("Cache-Control", "no-store");
    exchange.sendText(key.text());
  }

  private static SandboxId id(Exchange exchange) {
    return SandboxId.parse(exchange.pathParameter("sandboxId")).orElseThrow(PreviewRoutes::none);
  }

  private static OperationFailure none() {
    return OperationFailure.notFound(
        ClientWords.sandboxNotFound("there is none, or it may not be seen"));
  }

  private void open(Exchange exchange) {
    answer(exchange, previews.find(id(exchange)).map(Previews.Target::open).orElse(false));
  }

  /// Of a token that opens the port in the query. Without one, of the toolbox's: who asks so lets
  /// whoever holds a valid token in everywhere.
  private void validate(Exchange exchange) {
    int port = new QueryParameters(exchange).integer("port", 1, PORT_MAX).orElse(TOOLBOX);
    answer(exchange, previews.tokenValid(id(exchange), port, exchange.pathParameter("authToken")));
  }

  private void access(Exchange exchange) {
    answer(
        exchange,
        previews
            .find(id(exchange))
            .filter(
                target -> target.organization().equals(Caller.keyHolder(exchange).organization()))
            .isPresent());
  }

  /// Of a token that opens this very port.
  private void sandboxId(Exchange exchange) {
    int port = port(exchange);
    exchange.sendText(
        previews
            .signed(exchange.pathParameter("signedPreviewToken"))
            .filter(found -> found.port() == port)
            .orElseThrow(PreviewRoutes::none)
            .sandbox()
            .toString());
  }

  private static void answer(Exchange exchange, boolean yes) {
    if (!yes) {
      throw none();
    }
    exchange.sendText("true");
  }
}
