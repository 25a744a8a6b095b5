package dev.sandlot.proxy.access;

import com.google.re2j.Pattern;
import dev.sandlot.model.SandboxId;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// The cookie that keeps a browser let in. It carries the preview token that the browser came with,
/// and an end of its own that the browser cannot move. Signed over the host's label, so that it is
/// good for the one port and the one name it was given at; and sent to that host only, because the
/// hosts beside it belong to others. Thread-safe.
public final class PreviewCookie {
  private static final String ALGORITHM = "HmacSHA256";
  private static final String PURPOSE = "preview-cookie-2";
  private static final Pattern END = Pattern.compile("[0-9]{1,12}");

  /// Cookies of our name that are looked at. A browser sends several when a neighbouring host has
  /// set one for the domain that both are below, and nothing shows which is ours but the signature.
  private static final int LOOKED_AT_MAX = 32;

  /// With this prefix a browser takes the cookie from this very host alone (RFC 6265bis §4.1.3.2).
  /// It wants `Secure`, so there is none without TLS.
  private static final String OF_THIS_HOST = "__Host-";

  private final SecretKeySpec key;
  private final boolean secure;
  private final ProxyLimits limits;
  private final Clock clock;

  public PreviewCookie(ProxyConfig config, Clock clock) {
    key = new SecretKeySpec(config.cookieKey(), ALGORITHM);
    secure = config.secure();
    limits = config.limits();
    this.clock = clock;
  }

  /// The `Set-Cookie` value that lets a browser in at a port as long as this token does.
  public String issue(Port port, SandboxId id, String token) {
    long end = clock.instant().plus(limits.cookieAge()).getEpochSecond();
    return name(id)
        + "="
        + token
        + "."
        + end
        + "."
        + signature(port, id, token, end)
        + "; Max-Age="
        + limits.cookieAge().toSeconds()
        + "; Path=/; HttpOnly; SameSite=Lax"
        + (secure ? "; Secure" : "");
  }

  /// The tokens in those of a request's cookies that were issued for this port, and are not over.
  List<String> tokens(RequestHead head, Port port, SandboxId id) {
    return Credentials.cookies(head, name(id)).stream()
        .limit(LOOKED_AT_MAX)
        .flatMap(value -> verified(value, port, id).stream())
        .toList();
  }

  private String name(SandboxId id) {
    return (secure ? OF_THIS_HOST : "") + Credentials.COOKIE_PREFIX + id;
  }

  private Optional<String> verified(String value, Port port, SandboxId id) {
    String[] parts = value.split("\\.", 4);
    if (parts.length != 3 || !END.matcher(parts[1]).matches()) {
      return Optional.empty();
    }
    long end = Long.parseLong(parts[1]);
    byte[] expected = signature(port, id, parts[0], end).getBytes(StandardCharsets.ISO_8859_1);
    byte[] given = parts[2].getBytes(StandardCharsets.ISO_8859_1);
    boolean valid =
        MessageDigest.isEqual(expected, given)
            && clock.instant().isBefore(Instant.ofEpochSecond(end));
    return valid ? Optional.of(parts[0]) : Optional.empty();
  }

  private String signature(Port port, SandboxId id, String token, long end) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      String signed = String.join("\n", PURPOSE, port.number() + "-" + id, token, "" + end);
      byte[] bytes = mac.doFinal(signed.getBytes(StandardCharsets.UTF_8));
      return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
    }
  }
}
