package dev.sandlot.proxy.access;

import java.util.Locale;
import java.util.Set;

/// How the proxy is reached from outside.
///
/// @param domain what follows the first label of a preview's host, with the port clients use,
///   "proxy.localhost:4000"
/// @param toolboxHosts further host names, without a port, under which toolbox calls are served but
///   no previews: "localhost", "127.0.0.1", "[::1]"
/// @param secure whether clients come over TLS, here or at a load balancer in front
/// @param cookieKey signs cookies, 32 bytes or more; the same on all copies of a proxy
public record ProxyConfig(
    String domain, Set<String> toolboxHosts, boolean secure, byte[] cookieKey, ProxyLimits limits) {
  private static final int COOKIE_KEY_BYTES_MIN = 32;

  public ProxyConfig {
    domain = domain.toLowerCase(Locale.ROOT);
    toolboxHosts = Set.copyOf(toolboxHosts);
    cookieKey = cookieKey.clone();
    if (cookieKey.length < COOKIE_KEY_BYTES_MIN) {
      throw new IllegalArgumentException(
          "the proxy's cookie key must have at least " + COOKIE_KEY_BYTES_MIN + " bytes");
    }
  }

  @Override
  public byte[] cookieKey() {
    return cookieKey.clone();
  }

  @Override
  public String toString() {
    return "ProxyConfig[domain="
        + domain
        + ", toolboxHosts="
        + toolboxHosts
        + ", secure="
        + secure
        + ", cookieKey=(secret), limits="
        + limits
        + "]";
  }
}
