package dev.sandlot.proxy.forward;

import dev.sandlot.proxy.access.Credentials;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Cookies that servers inside set. They may not have the proxy's names, nor reach the hosts beside
/// theirs, which belong to other sandboxes.
final class SandboxCookie {
  private SandboxCookie() {}

  /// A `Set-Cookie` value for its own host only; empty for a name of the proxy's.
  static Optional<String> harmless(String setCookie) {
    if (Credentials.isOurCookie(setCookie)) {
      return Optional.empty();
    }
    List<String> kept = new ArrayList<>();
    for (String attribute : setCookie.split(";", -1)) {
      String name = attribute.split("=", 2)[0].strip().toLowerCase(Locale.ROOT);
      if (kept.isEmpty() || !name.equals("domain")) {
        kept.add(attribute);
      }
    }
    return Optional.of(String.join(";", kept));
  }
}
