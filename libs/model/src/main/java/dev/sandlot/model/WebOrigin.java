package dev.sandlot.model;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;

/// Reads addresses of web servers that are scheme, host and port alone.
public final class WebOrigin {
  private static final int CHARACTERS_MAX = 300;

  private WebOrigin() {}

  /// An `http` or `https` URL without path, query, fragment and user; one slash at the end is left
  /// out. Empty for anything else.
  public static Optional<URI> parse(String text) {
    if (text.length() > CHARACTERS_MAX) {
      return Optional.empty();
    }
    try {
      URI uri = new URI(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
      boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      boolean plain =
          uri.getRawPath() != null
              && uri.getRawPath().isEmpty()
              && uri.getRawQuery() == null
              && uri.getRawFragment() == null
              && uri.getRawUserInfo() == null;
      return web && plain && uri.getHost() != null ? Optional.of(uri) : Optional.empty();
    } catch (URISyntaxException _) {
      return Optional.empty();
    }
  }
}
