package dev.sandlot.server;

import dev.sandlot.model.WebOrigin;
import java.net.URI;

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
    return WebOrigin.parse(value)
        .orElseThrow(() ->
            new ServerConfig.Invalid(
                name
                    + "="
                    + value
                    + " must be a scheme and a host, with a port if clients use one, such as"
                    + " https://sandlot.example.org"));
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
