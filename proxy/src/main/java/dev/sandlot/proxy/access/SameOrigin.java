package dev.sandlot.proxy.access;

import java.net.URI;
import java.util.Optional;

/// Whether a browser's cookie may speak for a request. Sandboxes of different owners are served
/// from hosts side by side, which browsers call the same site; so `SameSite` alone would let the
/// page of one sandbox read or change what another shows its owner.
final class SameOrigin {
  private SameOrigin() {}

  /// True for requests from pages of the same host, for typed addresses and followed links, and for
  /// programs that tell nothing of where they come from.
  static boolean allows(RequestHead head) {
    Optional<String> origin = head.header("Origin");
    if (origin.isPresent()) {
      return authority(origin.get()).equals(head.header("Host"));
    }
    return switch (head.header("Sec-Fetch-Site").orElse("none")) {
      case "none", "same-origin" -> true;
      default -> navigation(head);
    };
  }

  private static boolean navigation(RequestHead head) {
    return head.method().equals("GET")
        && head.header("Sec-Fetch-Mode").orElse("").equals("navigate")
        && head.header("Sec-Fetch-Dest").orElse("").equals("document");
  }

  private static Optional<String> authority(String origin) {
    try {
      return Optional.ofNullable(URI.create(origin).getRawAuthority());
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }
}
