package dev.sandlot.proxy.access;

import com.google.re2j.Pattern;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.model.SandboxId;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// Reads the host of a request: `<port>-<sandboxId or signed token>.<domain>`, or the domain
/// itself. Spellings that are not exactly so lead nowhere.
public final class HostNames {
  private static final Pattern PORT_FORM = Pattern.compile("[0-9]{1,5}");
  private static final Pattern SIGNED_TOKEN = Pattern.compile("[a-z0-9]{16}");

  private final String domain;
  private final Set<String> toolboxHosts;

  public HostNames(ProxyConfig config) {
    domain = withoutPort(config.domain()).orElse(config.domain());
    toolboxHosts = config.toolboxHosts();
  }

  /// @throws HttpFailure 400 for no host, several, or an unreadable port; 404 for one that is not
  ///   ours
  public Destination read(RequestHead head) {
    List<String> hosts = head.headers("Host");
    if (hosts.size() != 1) {
      throw HttpFailure.badRequest("send exactly one Host header");
    }
    String host =
        withoutPort(hosts.getFirst().toLowerCase(Locale.ROOT)).orElseThrow(HostNames::unknown);
    if (host.equals(domain) || toolboxHosts.contains(host)) {
      return new Destination.ProxyItself();
    }
    if (!host.endsWith("." + domain)) {
      throw unknown();
    }
    return preview(host.substring(0, host.length() - domain.length() - 1));
  }

  private static Destination preview(String label) {
    int dash = label.indexOf('-');
    if (dash < 0) {
      throw unknown();
    }
    Port port =
        Port.parse(label.substring(0, dash))
            .orElseThrow(() ->
                HttpFailure.badRequest(
                    "the host must begin with a port: decimal digits, 1 to 65535, no leading"
                        + " zero"));
    String name = label.substring(dash + 1);
    Optional<SandboxId> id = SandboxId.parse(name);
    if (id.isPresent()) {
      return new Destination.ById(port, id.get());
    }
    if (SIGNED_TOKEN.matcher(name).matches()) {
      return new Destination.ByToken(port, name);
    }
    throw unknown();
  }

  private static Optional<String> withoutPort(String host) {
    int colon = host.lastIndexOf(':');
    String port = colon < 1 ? "" : host.substring(colon + 1);
    if (!PORT_FORM.matches(port)) {
      return host.isEmpty() ? Optional.empty() : Optional.of(host);
    }
    return Port.parse(port).isPresent() ? Optional.of(host.substring(0, colon)) : Optional.empty();
  }

  private static HttpFailure unknown() {
    return HttpFailure.notFound(
        "no sandbox is reached by this host; previews are at <port>-<sandbox id>.<proxy domain>");
  }
}
