package dev.sandlot.proxy;

import com.google.re2j.Pattern;
import dev.sandlot.model.SandboxId;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// The cookie that keeps a browser let in. Signed over the host's label, so that it is good for the
/// one port and the one name it was given at, whatever opened it first; and sent to that host only,
/// because the hosts beside it belong to others. Thread-safe.
final class PreviewCookie {
  private static final String ALGORITHM = "HmacSHA256";
  private static final Pattern SECONDS = Pattern.compile("[0-9]{1,12}");
  private static final String PURPOSE = "preview-cookie-1";

  private final SecretKeySpec key;
  private final boolean secure;
  private final ProxyLimits limits;
  private final Clock clock;

  PreviewCookie(ProxyConfig config, Clock clock) {
    key = new SecretKeySpec(config.cookieKey(), ALGORITHM);
    secure = config.secure();
    limits = config.limits();
    this.clock = clock;
  }

  /// The `Set-Cookie` value that lets a browser in at a destination.
  ///
  /// @param name the sandbox's id or the signed token in the host
  String issue(Port port, String name, SandboxId id) {
    long end = clock.instant().plus(limits.cookieAge()).getEpochSecond();
    return Credentials.COOKIE_PREFIX
        + name
        + "="
        + id
        + "."
        + end
        + "."
        + signature(port, name, id.toString(), end)
        + "; Max-Age="
        + limits.cookieAge().toSeconds()
        + "; Path=/; HttpOnly; SameSite=Lax"
        + (secure ? "; Secure" : "");
  }

  /// The sandbox that a request's cookie opens at this port and name.
  Optional<SandboxId> opens(RequestHead head, Port port, String name) {
    return Credentials.cookie(head, Credentials.COOKIE_PREFIX + name)
        .flatMap(value -> verified(value, port, name));
  }

  private Optional<SandboxId> verified(String value, Port port, String name) {
    String[] parts = value.split("\\.", -1);
    if (parts.length != 3 || !SECONDS.matches(parts[1])) {
      return Optional.empty();
    }
    long end = Long.parseLong(parts[1]);
    byte[] expected = signature(port, name, parts[0], end).getBytes(StandardCharsets.ISO_8859_1);
    byte[] given = parts[2].getBytes(StandardCharsets.ISO_8859_1);
    if (!MessageDigest.isEqual(expected, given)
        || !clock.instant().isBefore(Instant.ofEpochSecond(end))) {
      return Optional.empty();
    }
    return SandboxId.parse(parts[0]);
  }

  private String signature(Port port, String name, String id, long end) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      String signed = String.join("\n", PURPOSE, port.number() + "-" + name, id, "" + end);
      byte[] bytes = mac.doFinal(signed.getBytes(StandardCharsets.UTF_8));
      return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
    }
  }
}
