package dev.sandlot.server;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;

/// By which URLs clients reach this server, whatever stands in front of it. They are the operator's
/// word alone: nothing of them is taken from a request.
///
/// @param api of the API and the dashboard, without a path
/// @param proxy of toolbox calls and previews, without a path
record PublicUrls(URI api, URI proxy) {
  /// Reads a setting's value.
  ///
  /// @throws ServerConfig.Invalid when it is more or less than scheme and host
  static URI read(String name, String value) {
    return origin(value)
        .orElseThrow(() ->
            new ServerConfig.Invalid(
                name
                    + "="
                    + value
                    + " must be a scheme and a host, with a port if clients use one, such as"
                    + " https://sandlot.example.org"));
  }

  /// Scheme and host, if it is these alone.
  static Optional<URI> origin(String value) {
    try {
      URI uri = new URI(value.endsWith("/") ? value.substring(0, value.length() - 1) : value);
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

  /// Whether previews reach browsers over TLS.
  boolean secure() {
    return proxy.getScheme().equals("https");
  }

  /// What the URL of a preview is like.
  String previewTemplate(String domain) {
    return proxy.getScheme() + "://{{PORT}}-{{sandboxId}}." + domain;
  }
}
