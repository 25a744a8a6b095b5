package dev.sandlot.proxy.access;

import dev.sandlot.http.HttpFailure;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// Hosts of requests: each leads nowhere, or where exactly one spelling leads.
final class PreviewHostFuzz {
  private static final String DOMAIN = "proxy.localhost";
  private static final HostNames NAMES =
      new HostNames(
          new ProxyConfig(
              DOMAIN + ":4000", Set.of("localhost"), false, new byte[32], ProxyLimits.DEFAULT));

  private PreviewHostFuzz() {}

  /// Called by the fuzzer.
  public static void fuzzerTestOneInput(byte[] input) {
    String host = new String(input, StandardCharsets.UTF_8);
    check(host);
    check(host + "." + DOMAIN);
    check(host + "-3d5f4f1e-8c0e-4a57-9b7d-0123456789ab." + DOMAIN + ":4000");
  }

  private static void check(String host) {
    RequestHead head =
        new RequestHead("GET", "/", "", List.of(Map.entry("Host", host)), "127.0.0.1", false);
    try {
      switch (NAMES.read(head)) {
        case Destination.ProxyItself() -> require(!host.isEmpty(), host);
        case Destination.ById(Port port, var id) -> require(leads(host, port, id.toString()), host);
        case Destination.ByToken(Port port, String token) ->
            require(leads(host, port, token), host);
      }
    } catch (HttpFailure failure) {
      require(failure.status() < 500, host);
    }
  }

  private static boolean leads(String host, Port port, String name) {
    String canonical = port.number() + "-" + name + "." + DOMAIN;
    String lower = host.toLowerCase(Locale.ROOT);
    return lower.equals(canonical) || lower.startsWith(canonical + ":");
  }

  private static void require(boolean holds, String host) {
    if (!holds) {
      throw new AssertionError("misread: " + host);
    }
  }
}
