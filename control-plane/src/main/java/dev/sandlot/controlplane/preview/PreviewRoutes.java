package dev.sandlot.controlplane.preview;

import static dev.sandlot.controlplane.operation.OperationRow.get;
import static dev.sandlot.controlplane.operation.OperationRow.post;

import dev.sandlot.controlplane.operation.Access;
import dev.sandlot.controlplane.operation.Answer;
import dev.sandlot.controlplane.operation.Call;
import dev.sandlot.controlplane.operation.CallerKind;
import dev.sandlot.controlplane.operation.Permission;
import dev.sandlot.controlplane.operation.Resource;
import dev.sandlot.controlplane.operation.Rules;
import dev.sandlot.controlplane.platform.Addresses;
import dev.sandlot.controlplane.platform.QueryParameters;
import dev.sandlot.controlplane.sandbox.SandboxKind;
import dev.sandlot.controlplane.sandbox.Sandboxes;
import dev.sandlot.controlplane.sandbox.store.Sandbox;
import dev.sandlot.http.Operation;
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

  public List<Operation<Rules>> operations() {
    String port = "/sandbox/{sandboxIdOrName}/ports/{port}";
    String signingKey = "/sandbox/{sandboxId}/signing-key";
    Access key = Access.key();
    Access proxy = Access.only(CallerKind.PROXY);
    Resource<Sandbox> named = SandboxKind.byIdOrName(sandboxes).at("sandboxIdOrName");
    Resource<Sandbox> byId = SandboxKind.byIdOrName(sandboxes).at("sandboxId");
    Resource<Previews.Target> seen = new TargetKind(previews).at("sandboxId");
    return List.of(
        get("getPortPreviewUrl", port + "/preview-url")
            .by(key)
            .audited("get_port_preview_url", "sandbox")
            .on(named, this::previewUrl),
        get("getSignedPortPreviewUrl", port + "/signed-preview-url")
            .by(key)
            .audited("get_port_preview_url", "sandbox")
            .on(named, this::signedUrl),
        post("expireSignedPortPreviewUrl", port + "/signed-preview-url/{token}/expire")
            .by(key)
            .audited("expire_signed_preview_url", "sandbox")
            .answers(201)
            .on(named, this::expire),
        get("getToolboxProxyUrl", "/sandbox/{sandboxId}/toolbox-proxy-url")
            .by(key)
            .on(byId, (_, _) -> Answer.json(Map.of("url", addresses.toolbox()))),
        // Whoever may use the toolbox may sign for it: no permission is asked for either.
        get("getSandboxSigningKey", signingKey).by(key).on(byId, this::signingKey),
        post("rotateSigningKey", signingKey + "/rotate")
            .by(Access.key(Permission.WRITE_SANDBOXES))
            .audited("rotate_signing_key", "sandbox")
            .on(byId, this::rotateSigningKey),
        get("getSigningKey", "/preview/{sandboxId}/signing-key")
            .by(proxy)
            .on(seen, this::keyForProxy),
        get("isSandboxPublic", "/preview/{sandboxId}/public").by(proxy).on(seen, this::open),
        get("isValidAuthToken", "/preview/{sandboxId}/validate/{authToken}")
            .by(proxy)
            .on(seen, this::validate),
        get("hasSandboxAccess", "/preview/{sandboxId}/access")
            .by(key)
            .on(seen, (_, _) -> answer(true)),
        get(
                "getSandboxIdFromSignedPreviewUrlToken",
                "/preview/{signedPreviewToken}/{port}/sandbox-id")
            .by(proxy)
            .does(this::sandboxId));
  }

  private static int port(Call call) {
    return QueryParameters.integer("port", call.parameter("port"), 1, PORT_MAX);
  }

  private Answer previewUrl(Call call, Sandbox sandbox) {
    int port = port(call);
    String id = sandbox.id().toString();
    return Answer.json(
        Map.of(
            "sandboxId", id,
            "url", addresses.preview(port, id),
            "token", Previews.token(sandbox, port)));
  }

  private Answer signedUrl(Call call, Sandbox sandbox) {
    int port = port(call);
    int seconds =
        call.query().integer("expiresInSeconds", 1, LIFE_SECONDS_MAX).orElse(LIFE_SECONDS_DEFAULT);
    String token = previews.sign(sandbox.id(), port, Duration.ofSeconds(seconds));
    return Answer.json(
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

  private Answer expire(Call call, Sandbox sandbox) {
    previews.expire(sandbox.id(), port(call), call.parameter("token"));
    return Answer.nothing();
  }

  private Answer signingKey(Call call, Sandbox sandbox) {
    return secret(previews.ensureSigningKey(sandbox.id()));
  }

  private Answer rotateSigningKey(Call call, Sandbox sandbox) {
    return secret(previews.rotateSigningKey(sandbox.id()));
  }

  private Answer keyForProxy(Call call, Previews.Target target) {
    return secret(previews.signingKey(target.id()).orElseThrow(TargetKind::none));
  }

  private static Answer secret(SigningKey key) {
    return Answer.text(key.text()).notStored();
  }

  private Answer open(Call call, Previews.Target target) {
    return answer(target.open());
  }

  /// Of a token that opens the port in the query. Without one, of the toolbox's: who asks so lets
  /// whoever holds a valid token in everywhere.
  private Answer validate(Call call, Previews.Target target) {
    int port = call.query().integer("port", 1, PORT_MAX).orElse(TOOLBOX);
    return answer(previews.tokenValid(target.id(), port, call.parameter("authToken")));
  }

  /// Of a token that opens this very port.
  private Answer sandboxId(Call call) {
    int port = port(call);
    return Answer.text(
        previews
            .signed(call.parameter("signedPreviewToken"))
            .filter(found -> found.port() == port)
            .orElseThrow(TargetKind::none)
            .sandbox()
            .toString());
  }

  private static Answer answer(boolean yes) {
    if (!yes) {
      throw TargetKind.none();
    }
    return Answer.text("true");
  }
}
