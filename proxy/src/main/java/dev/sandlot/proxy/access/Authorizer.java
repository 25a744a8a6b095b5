package dev.sandlot.proxy.access;

import dev.sandlot.http.HttpFailure;
import dev.sandlot.model.ClientWords;
import dev.sandlot.model.SandboxId;
import dev.sandlot.proxy.access.SandboxDirectory.KeyAccess;
import dev.sandlot.proxy.access.SandboxDirectory.SignedTarget;
import dev.sandlot.proxy.access.SandboxDirectory.Target;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/// Decides who may reach what, by the order of the contract
/// (docs/contract/previews.md#authentication-order): key, preview token in the header, in the
/// query, cookie, signed token in the host. Whoever is not let in by any is refused. Thread-safe.
public final class Authorizer {
  private final SandboxDirectory directory;
  private final PreviewCookie cookies;
  private final Clock clock;

  public Authorizer(SandboxDirectory directory, PreviewCookie cookies, Clock clock) {
    this.directory = directory;
    this.cookies = cookies;
    this.clock = clock;
  }

  /// @throws HttpFailure 401 without a good credential, 404 with a key of another organisation
  public Grant preview(RequestHead head, Destination.ById to) {
    Optional<Target> target = directory.find(to.id());
    KeyAccess key = keyAccess(head, to.id());
    boolean open =
        target.isPresent() && target.get().isPublic() && !to.port().alwaysAuthenticated();
    if (key == KeyAccess.GRANTED) {
      return granted(to.id(), to.port(), key);
    }
    if (open) {
      return Grant.open(to.id(), to.port(), key != KeyAccess.UNKNOWN);
    }
    if (previewTokenIn(Credentials.previewToken(head), to.id(), to.port())) {
      return granted(to.id(), to.port(), key);
    }
    Optional<String> token = Credentials.queryToken(head);
    if (previewTokenIn(token, to.id(), to.port())) {
      String cookie = cookies.issue(to.port(), to.id(), token.orElseThrow());
      return new Grant(to.id(), to.port(), key != KeyAccess.UNKNOWN, Optional.of(cookie));
    }
    if (cookieOpens(head, to)) {
      return granted(to.id(), to.port(), key);
    }
    throw refused(key);
  }

  /// The token is in the host, so every request carries it: no cookie is set, which would let in
  /// after the token's end.
  ///
  /// @throws HttpFailure 401 when the token does not open this port, or no more
  public Grant preview(RequestHead head, Destination.ByToken to) {
    SignedTarget target =
        directory
            .signedToken(to.token())
            .filter(signed -> signed.port() == to.port().number())
            .filter(signed -> clock.instant().isBefore(signed.end()))
            .orElseThrow(() -> refused(KeyAccess.UNKNOWN));
    return granted(target.id(), to.port(), keyAccess(head, target.id()));
  }

  /// For the toolbox by path. Cookies do not count: no page is served from that host.
  ///
  /// @param toolboxPath as sent, from the sandbox's id on
  /// @param begun when the request was sent: a signed URL may end while its file is being sent
  /// @throws HttpFailure as for previews, and 401 for a signed URL that opens nothing
  public Grant toolbox(RequestHead head, SandboxId id, String toolboxPath, Instant begun) {
    KeyAccess key = keyAccess(head, id);
    if (key == KeyAccess.GRANTED
        || previewTokenIn(Credentials.previewToken(head), id, Port.TOOLBOX)
        || previewTokenIn(Credentials.queryToken(head), id, Port.TOOLBOX)) {
      return granted(id, Port.TOOLBOX, key);
    }
    Optional<SignedFileUrl> url = SignedFileUrl.read(head.method(), toolboxPath, head.rawQuery());
    if (url.isPresent()) {
      return new Grant(
          id,
          Port.TOOLBOX,
          key != KeyAccess.UNKNOWN,
          false,
          Optional.empty(),
          Optional.of(fileOpenedBy(url.get(), id, begun)));
    }
    throw refused(key);
  }

  private String fileOpenedBy(SignedFileUrl url, SandboxId id, Instant begun) {
    if (directory.signingKey(id).filter(url::signedWith).isEmpty()) {
      throw HttpFailure.unauthorized(
          "this signed URL opens nothing; it must be used as it was made, for the same sandbox, and"
              + " before the sandbox's signing key is rotated");
    }
    if (url.expired(begun)) {
      throw HttpFailure.unauthorized("this signed URL is over; make a new one");
    }
    return url.path();
  }

  private static Grant granted(SandboxId id, Port port, KeyAccess key) {
    return new Grant(id, port, key != KeyAccess.UNKNOWN, Optional.empty());
  }

  private KeyAccess keyAccess(RequestHead head, SandboxId id) {
    return Credentials.bearer(head)
        .map(token -> directory.keyAccess(token, id))
        .orElse(KeyAccess.UNKNOWN);
  }

  private boolean previewTokenIn(Optional<String> token, SandboxId id, Port port) {
    return token.isPresent() && directory.previewTokenMatches(token.get(), id, port.number());
  }

  /// A cookie carries the token it was given for: it is worth no more than that is now.
  private boolean cookieOpens(RequestHead head, Destination.ById to) {
    return SameOrigin.allows(head)
        && cookies.tokens(head, to.port(), to.id()).stream()
            .anyMatch(token -> directory.previewTokenMatches(token, to.id(), to.port().number()));
  }

  private static HttpFailure refused(KeyAccess key) {
    if (key == KeyAccess.OTHER) {
      return HttpFailure.notFound(
          ClientWords.sandboxNotFound("there is none in the organisation of this key"));
    }
    return new HttpFailure(
        401,
        "UNAUTHORIZED",
        "send an API key (Authorization: Bearer …), the port's preview token"
            + " (X-Daytona-Preview-Token or DAYTONA_SANDBOX_AUTH_KEY), or use a signed preview URL"
            + " of this port",
        Map.of("WWW-Authenticate", "Bearer"),
        Map.of());
  }
}
