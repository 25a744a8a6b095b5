package dev.sandlot.server;

import com.google.re2j.Pattern;
import dev.sandlot.controlplane.ControlPlaneConfig;
import dev.sandlot.controlplane.platform.ShownUrl;
import dev.sandlot.controlplane.runnerpool.Placement;
import dev.sandlot.http.server.ConnectionLimits;
import dev.sandlot.http.server.ListenConfig;
import dev.sandlot.http.server.TlsFiles;
import dev.sandlot.model.Ipv4Range;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// What an operator can set, by environment variables `SANDLOT_*`. An unknown variable of that
/// prefix is an error, so that a misspelt one is not silently without effect.
///
/// @param roles what this process is for: all, control plane and proxy, or a runner alone
/// @param home where data, secrets and sockets are
/// @param listen address of the API and of the proxy
/// @param apiPort of API and dashboard
/// @param proxyPort of toolbox calls and previews
/// @param runnerPort of a runner alone, for the proxy; one beside a proxy is called in process, and
///   listens nowhere
/// @param proxyDomain host and port that previews are below, "proxy.localhost:4000"
/// @param publicHost the name clients reach this server by, for the URLs it hands out
/// @param urls by which clients reach it
/// @param trustedProxies what stands in front of it, whose connections are many clients'
/// @param tls empty for plain HTTP
/// @param databaseUrl JDBC URL of an own PostgreSQL; empty for the embedded one
/// @param launcherSocket where the launcher listens
/// @param engine "runsc" or "runc"
/// @param placement which runner a new sandbox goes to
/// @param dnsUpstream name server that sandboxes' questions go to; empty: the host's
/// @param blockedRanges what no sandbox reaches besides private and reserved ranges; enforced by
///   the launcher, which is told the same
/// @param tracesEndpoint OTLP/HTTP endpoint for traces; empty: none are sent
/// @param withoutTls whether this process may listen and call beyond this machine in the clear
/// @param runners key files of runners on other machines, by their names
/// @param defaultImage id of the image of sandboxes that name no snapshot; empty: the newest here
/// @param runnerAlone set exactly when the runner is the only role
record ServerConfig(
    Set<Role> roles,
    Path home,
    String listen,
    int apiPort,
    int proxyPort,
    int runnerPort,
    String proxyDomain,
    String publicHost,
    PublicUrls urls,
    Set<InetAddress> trustedProxies,
    Optional<TlsFiles> tls,
    Optional<String> databaseUrl,
    Path launcherSocket,
    String engine,
    Placement placement,
    Optional<String> dnsUpstream,
    List<Ipv4Range> blockedRanges,
    Optional<String> tracesEndpoint,
    boolean withoutTls,
    Map<String, Path> runners,
    Optional<String> defaultImage,
    Optional<RunnerAlone> runnerAlone) {

  private static final int RUNNER_PORT = 3003;
  private static final Pattern RUNNER_NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");

  private static final Set<String> OF_OTHER_PROGRAMS =
      Set.of("SANDLOT_CACHE", "SANDLOT_JAVA_HOME", "SANDLOT_FAILPOINTS", "SANDLOT_DNS_PORT");

  /// A runner whose control plane and proxy are in another process.
  ///
  /// @param controlPlane scheme, host and port of its API
  /// @param keyFile holds the runner's key
  /// @param address scheme, host and port at which the proxy reaches this runner
  record RunnerAlone(URI controlPlane, Path keyFile, URI address) {}

  /// A configuration that cannot be used. The message is for the operator.
  public static final class Invalid extends RuntimeException {
    private static final long serialVersionUID = 1;

    Invalid(String message) {
      super(message);
    }
  }

  /// Reads the environment.
  ///
  /// @throws Invalid naming the variable and what would work
  public static ServerConfig read(Map<String, String> environment) {
    Reader reader = new Reader(environment);
    Set<Role> roles = reader.roles();
    Path home = Path.of(reader.text("SANDLOT_HOME", "/var/lib/sandlot"));
    if (!home.isAbsolute()) {
      throw new Invalid("SANDLOT_HOME must be an absolute path, like /var/lib/sandlot");
    }
    String listen = reader.text("SANDLOT_LISTEN", "127.0.0.1");
    int proxyPort = reader.port("SANDLOT_PROXY_PORT", 4000);
    int apiPort = reader.port("SANDLOT_API_PORT", 3000);
    String host = reader.text("SANDLOT_PUBLIC_HOST", loopback(listen) ? "localhost" : listen);
    Optional<String> proxy = reader.optional("SANDLOT_PROXY_URL");
    ServerConfig config =
        new ServerConfig(
            roles,
            home,
            listen,
            apiPort,
            proxyPort,
            reader.port("SANDLOT_RUNNER_PORT", RUNNER_PORT),
            reader.text(
                "SANDLOT_PROXY_DOMAIN",
                proxy
                    .map(url -> PublicUrls.read("SANDLOT_PROXY_URL", url).getRawAuthority())
                    .orElse("proxy.localhost:" + proxyPort)),
            host,
            reader.urls(host, apiPort, proxyPort),
            reader.addresses("SANDLOT_TRUSTED_PROXIES"),
            reader.tls(),
            reader.optional("SANDLOT_DATABASE_URL"),
            Path.of(
                reader.text(
                    "SANDLOT_LAUNCHER_SOCKET", home.resolve("run/launcher.sock").toString())),
            reader.oneOf("SANDLOT_ENGINE", "runsc", List.of("runsc", "runc")),
            Placement.valueOf(
                reader
                    .oneOf("SANDLOT_PLACEMENT", "spread", List.of("spread", "pack"))
                    .toUpperCase(Locale.ROOT)),
            reader.optional("SANDLOT_DNS_UPSTREAM"),
            reader.ranges("SANDLOT_BLOCKED_RANGES"),
            reader.optional("SANDLOT_TRACES_ENDPOINT"),
            reader.text("SANDLOT_LISTEN_WITHOUT_TLS", "no").equals("yes"),
            reader.keyFiles("SANDLOT_RUNNERS"),
            reader.optional("SANDLOT_DEFAULT_IMAGE"),
            reader.runnerAlone(roles, listen));
    reader.refuseUnknown();
    config.refuseClearText();
    config.refuseMissingImage();
    return config;
  }

  private void refuseMissingImage() {
    if (roles.contains(Role.CONTROL_PLANE) && !launcherHere() && defaultImage.isEmpty()) {
      throw new Invalid(
          "SANDLOT_DEFAULT_IMAGE must be the id of the image of sandboxes that name no snapshot,"
              + " because this process has no launcher to ask; on a runner's machine,"
              + " tools/image/build.sh default id tells it");
    }
  }

  private void refuseClearText() {
    if (withoutTls) {
      return;
    }
    if (!loopback(listen) && tls.isEmpty()) {
      throw new Invalid(
          "SANDLOT_LISTEN="
              + listen
              + " would send keys in the clear: set SANDLOT_TLS_CERTIFICATE and SANDLOT_TLS_KEY to PEM files, or"
              + " SANDLOT_LISTEN_WITHOUT_TLS=yes if something in front of it encrypts");
    }
    runnerAlone
        .map(RunnerAlone::controlPlane)
        .filter(url -> url.getScheme().equals("http") && !loopback(url.getHost()))
        .ifPresent(url -> {
          throw new Invalid(
              "SANDLOT_CONTROL_PLANE_URL="
                  + url
                  + " would send the runner's key in the clear: say https, or"
                  + " SANDLOT_LISTEN_WITHOUT_TLS=yes if something between them encrypts");
        });
  }

  /// Whether the launcher of this machine is called.
  boolean launcherHere() {
    return roles.contains(Role.RUNNER) || databaseUrl.isEmpty();
  }

  /// How a port of this process listens.
  ///
  /// @param name for messages
  ListenConfig listener(String name, int port) {
    return new ListenConfig(name, listen, port, tls, ConnectionLimits.STANDARD, trustedProxies);
  }

  /// The host of URLs under which programs on this machine reach what listens here.
  String reachedHere() {
    return anyAddress(listen) ? "127.0.0.1" : inUrl(listen);
  }

  private static boolean anyAddress(String listen) {
    try {
      return InetAddress.getByName(listen).isAnyLocalAddress();
    } catch (UnknownHostException _) {
      return false;
    }
  }

  private static String inUrl(String listen) {
    return listen.indexOf(':') < 0 ? listen : "[" + listen + "]";
  }

  /// What it speaks itself: "http" or "https".
  public String protocol() {
    return tls().isPresent() ? "https" : "http";
  }

  /// Everything as it is in force, for the log. There are no secrets among these: of a URL, only
  /// where it leads is shown.
  public Map<String, String> effective() {
    Map<String, String> values = new LinkedHashMap<>();
    values.put(
        "SANDLOT_ROLES", roles.stream().map(Role::toString).collect(Collectors.joining(",")));
    values.put("SANDLOT_HOME", home.toString());
    values.put("SANDLOT_LISTEN", listen);
    values.put("SANDLOT_API_PORT", Integer.toString(apiPort));
    values.put("SANDLOT_PROXY_PORT", Integer.toString(proxyPort));
    values.put("SANDLOT_PROXY_DOMAIN", proxyDomain);
    values.put("SANDLOT_PUBLIC_HOST", publicHost);
    values.put("SANDLOT_PUBLIC_URL", urls.api().toString());
    values.put("SANDLOT_PROXY_URL", urls.proxy().toString());
    values.put(
        "SANDLOT_TRUSTED_PROXIES",
        trustedProxies.stream()
            .map(InetAddress::getHostAddress)
            .sorted()
            .collect(Collectors.joining(",")));
    values.put(
        "SANDLOT_TLS_CERTIFICATE", tls.map(files -> files.certificate().toString()).orElse(""));
    values.put("SANDLOT_DATABASE_URL", databaseUrl.map(ShownUrl::of).orElse("embedded"));
    values.put("SANDLOT_ENGINE", engine);
    values.put("SANDLOT_PLACEMENT", placement.name().toLowerCase(Locale.ROOT));
    values.put("SANDLOT_DNS_UPSTREAM", dnsUpstream.orElse("the host's"));
    values.put(
        "SANDLOT_BLOCKED_RANGES",
        blockedRanges.stream().map(Ipv4Range::toString).collect(Collectors.joining(",")));
    values.put("SANDLOT_TRACES_ENDPOINT", tracesEndpoint.map(ShownUrl::of).orElse(""));
    values.put("SANDLOT_RUNNERS", String.join(",", runners.keySet()));
    values.put("SANDLOT_DEFAULT_IMAGE", defaultImage.orElse("the newest here"));
    runnerAlone.ifPresent(alone -> {
      values.put("SANDLOT_CONTROL_PLANE_URL", alone.controlPlane().toString());
      values.put("SANDLOT_RUNNER_KEY_FILE", alone.keyFile().toString());
      values.put("SANDLOT_RUNNER_PORT", Integer.toString(runnerPort));
      values.put("SANDLOT_RUNNER_URL", alone.address().toString());
    });
    return values;
  }

  /// Without what is secret.
  @Override
  public String toString() {
    return "ServerConfig" + effective();
  }

  private static boolean loopback(String address) {
    try {
      return InetAddress.getByName(address).isLoopbackAddress();
    } catch (UnknownHostException _) {
      throw new Invalid(
          "SANDLOT_LISTEN=" + address + " is not an address of this machine; 127.0.0.1 works");
    }
  }

  /// Reads variables and remembers which ones it knows.
  private static final class Reader {
    private final Map<String, String> environment;
    private final Set<String> known = new TreeSet<>(OF_OTHER_PROGRAMS);

    Reader(Map<String, String> environment) {
      this.environment = environment;
    }

    Optional<String> optional(String name) {
      known.add(name);
      return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
    }

    String text(String name, String fallback) {
      return optional(name).orElse(fallback);
    }

    String oneOf(String name, String fallback, List<String> choices) {
      String value = text(name, fallback);
      if (!choices.contains(value)) {
        throw new Invalid(name + "=" + value + " is none of " + String.join(", ", choices));
      }
      return value;
    }

    int port(String name, int fallback) {
      String value = text(name, Integer.toString(fallback));
      boolean digits =
          !value.startsWith("0") && value.chars().allMatch(each -> each >= '0' && each <= '9');
      int port = digits && value.length() <= 5 ? Integer.parseInt(value) : 0;
      if (port >= 1 && port <= 65_535) {
        return port;
      }
      throw new Invalid(name + "=" + value + " is not a port; it must be a number from 1 to 65535");
    }

    /// Each spelt with its length and no bits beyond it, as the launcher wants it.
    List<Ipv4Range> ranges(String name) {
      List<Ipv4Range> ranges = new ArrayList<>();
      for (String text : text(name, "").split(",", -1)) {
        if (text.isBlank()) {
          continue;
        }
        String range = text.strip();
        ranges.add(
            Ipv4Range.parse(range)
                .filter(parsed -> parsed.toString().equals(range))
                .orElseThrow(() ->
                    new Invalid(
                        name
                            + "="
                            + range
                            + " is not an IPv4 range; a comma list such as 192.0.2.0/24,198.51.100.7/32 is wanted")));
      }
      return List.copyOf(ranges);
    }

    PublicUrls urls(String host, int apiPort, int proxyPort) {
      String own = (tls().isPresent() ? "https://" : "http://") + host + ":";
      return new PublicUrls(
          url("SANDLOT_PUBLIC_URL", own + apiPort), url("SANDLOT_PROXY_URL", own + proxyPort));
    }

    private URI url(String name, String fallback) {
      URI url = PublicUrls.read(name, text(name, fallback));
      if (tls().isPresent() && url.getScheme().equals("http")) {
        throw new Invalid(
            name + "=" + url + " says http, but this server has a certificate: say https");
      }
      return url;
    }

    /// Addresses apart by commas.
    Set<InetAddress> addresses(String name) {
      Set<InetAddress> addresses = new HashSet<>();
      for (String address : text(name, "").split(",", -1)) {
        if (!address.isBlank()) {
          try {
            addresses.add(InetAddress.ofLiteral(address.strip()));
          } catch (IllegalArgumentException _) {
            throw new Invalid(
                name + "=" + text(name, "") + " must be addresses apart by commas: 192.0.2.1,::1");
          }
        }
      }
      return addresses;
    }

    Optional<TlsFiles> tls() {
      Optional<String> certificate = optional("SANDLOT_TLS_CERTIFICATE");
      Optional<String> key = optional("SANDLOT_TLS_KEY");
      if (certificate.isPresent() != key.isPresent()) {
        throw new Invalid(
            "SANDLOT_TLS_CERTIFICATE and SANDLOT_TLS_KEY go together: set both or none");
      }
      return certificate.map(file -> new TlsFiles(Path.of(file), Path.of(key.orElseThrow())));
    }

    /// All, control plane and proxy, or a runner alone. The proxy asks the control plane within the
    /// process.
    Set<Role> roles() {
      String text = text("SANDLOT_ROLES", String.join(",", Role.names()));
      Set<Role> roles = EnumSet.noneOf(Role.class);
      for (String name : text.split(",", -1)) {
        roles.add(
            Role.parse(name.strip())
                .orElseThrow(() ->
                    new Invalid(
                        "SANDLOT_ROLES="
                            + text
                            + ": there is no role \""
                            + name.strip()
                            + "\"; the roles are "
                            + String.join(", ", Role.names()))));
      }
      if (roles.contains(Role.CONTROL_PLANE) != roles.contains(Role.PROXY)) {
        throw new Invalid(
            "SANDLOT_ROLES="
                + text
                + ": control-plane and proxy go together; what works is"
                + " control-plane,runner,proxy or control-plane,proxy or runner");
      }
      return Collections.unmodifiableSet(roles);
    }

    Optional<RunnerAlone> runnerAlone(Set<Role> roles, String listen) {
      Optional<String> controlPlane = optional("SANDLOT_CONTROL_PLANE_URL");
      Optional<String> keyFile = optional("SANDLOT_RUNNER_KEY_FILE");
      Optional<String> address = optional("SANDLOT_RUNNER_URL");
      if (roles.contains(Role.CONTROL_PLANE)) {
        refuseGiven("SANDLOT_CONTROL_PLANE_URL", controlPlane);
        refuseGiven("SANDLOT_RUNNER_KEY_FILE", keyFile);
        refuseGiven("SANDLOT_RUNNER_URL", address);
        return Optional.empty();
      }
      return Optional.of(
          new RunnerAlone(
              PublicUrls.read(
                  "SANDLOT_CONTROL_PLANE_URL",
                  controlPlane.orElseThrow(() ->
                      missing("SANDLOT_CONTROL_PLANE_URL", "where its API is: http://host:3000"))),
              Path.of(
                  keyFile.orElseThrow(() ->
                      missing(
                          "SANDLOT_RUNNER_KEY_FILE",
                          "a file with the key that the control plane has for it in"
                              + " SANDLOT_RUNNERS"))),
              PublicUrls.read("SANDLOT_RUNNER_URL", address.orElseGet(() -> ownAddress(listen)))));
    }

    private String ownAddress(String listen) {
      if (anyAddress(listen)) {
        throw missing(
            "SANDLOT_RUNNER_URL",
            "where the proxy reaches it, such as https://second.example.org:3003; it listens on"
                + " all addresses");
      }
      return (tls().isPresent() ? "https://" : "http://")
          + inUrl(listen)
          + ":"
          + port("SANDLOT_RUNNER_PORT", RUNNER_PORT);
    }

    private static Invalid missing(String name, String what) {
      return new Invalid("a runner alone (SANDLOT_ROLES=runner) needs " + name + ": " + what);
    }

    private static void refuseGiven(String name, Optional<String> value) {
      if (value.isPresent()) {
        throw new Invalid(name + " is for a runner alone (SANDLOT_ROLES=runner); leave it out");
      }
    }

    /// Names and files, `name=/path`, apart by commas.
    Map<String, Path> keyFiles(String name) {
      Map<String, Path> files = new LinkedHashMap<>();
      for (String entry : text(name, "").split(",", -1)) {
        if (entry.isBlank()) {
          continue;
        }
        int mark = entry.indexOf('=');
        String runner = mark < 0 ? "" : entry.substring(0, mark).strip();
        Path file = Path.of(entry.substring(mark + 1).strip());
        if (!RUNNER_NAME.matches(runner)
            || runner.equals(ControlPlaneConfig.OWN_RUNNER)
            || !file.isAbsolute()
            || files.put(runner, file) != null) {
          throw new Invalid(
              name
                  + ": \""
                  + entry.strip()
                  + "\" must be the name of another runner, once, and the absolute path of a file"
                  + " with its key: second=/etc/sandlot/second.key");
        }
      }
      return files;
    }

    void refuseUnknown() {
      List<String> unknown = new ArrayList<>();
      for (String name : environment.keySet()) {
        if (name.startsWith("SANDLOT_")
            && !known.contains(name)
            && !name.startsWith("SANDLOT_TEST_")) {
          unknown.add(name);
        }
      }
      if (!unknown.isEmpty()) {
        throw new Invalid(
            "unknown setting "
                + String.join(", ", unknown)
                + "; known are "
                + String.join(", ", known));
      }
    }
  }
}
