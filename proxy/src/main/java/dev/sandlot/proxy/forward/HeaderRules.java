package dev.sandlot.proxy.forward;

import dev.sandlot.http.HttpFailure;
import dev.sandlot.proxy.access.Credentials;
import dev.sandlot.proxy.access.Grant;
import dev.sandlot.proxy.access.RequestHead;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// Which headers cross the proxy, in which direction.
public final class HeaderRules {
  /// About one connection only (RFC 9110 §7.6.1), or written anew by whoever sends the body on.
  private static final Set<String> OF_ONE_CONNECTION =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-connection",
          "proxy-authenticate",
          "proxy-authorization",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "http2-settings",
          "expect",
          "content-length");

  /// What only the proxy may say about where a request comes from.
  private static final Set<String> OF_PROXIES = Set.of("forwarded", "x-real-ip", "via");

  private static final String OURS = "x-daytona-";
  private static final String FORWARDED = "x-forwarded-";
  private static final String TOKEN_MARKS = "!#$%&'*+.^_`|~-";
  private static final char DELETE = '\u007f';

  private HeaderRules() {}

  /// The headers that a server inside sees: no credential of ours, nothing that a client says in
  /// the proxy's name.
  ///
  /// @throws HttpFailure 400 for a request that two parsers could read in two ways
  public static List<Map.Entry<String, String>> toSandbox(
      RequestHead head, Grant grant, boolean secure) {
    requireSound(head);
    Set<String> dropped = named(head.headers("Connection"));
    List<Map.Entry<String, String>> kept = new ArrayList<>();
    for (Map.Entry<String, String> header : head.headers()) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      boolean crosses =
          name.equals("host")
              || !(dropped.contains(name)
                  || OF_ONE_CONNECTION.contains(name)
                  || OF_PROXIES.contains(name)
                  || name.startsWith(FORWARDED)
                  || name.startsWith(OURS));
      if (crosses) {
        value(name, header.getValue(), grant)
            .ifPresent(value -> kept.add(Map.entry(header.getKey(), value)));
      }
    }
    kept.add(Map.entry("X-Forwarded-Host", head.header("Host").orElse("")));
    kept.add(Map.entry("X-Forwarded-Proto", secure ? "https" : "http"));
    kept.add(Map.entry("X-Forwarded-For", head.remoteAddress()));
    return kept;
  }

  /// The headers that the toolbox sees: all but credentials.
  public static List<Map.Entry<String, String>> toToolbox(RequestHead head, Grant grant) {
    List<Map.Entry<String, String>> kept = new ArrayList<>();
    for (Map.Entry<String, String> header : head.headers()) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      if (!name.equalsIgnoreCase(Credentials.PREVIEW_TOKEN_HEADER)
          && !name.equals("x-daytona-authorization")) {
        value(name, header.getValue(), grant)
            .ifPresent(value -> kept.add(Map.entry(header.getKey(), value)));
      }
    }
    return kept;
  }

  /// The headers of a request that go on to another process of ours: all but those of the client's
  /// connection.
  ///
  /// @throws HttpFailure 400 for one that two parsers could read in two ways
  public static List<Map.Entry<String, String>> ofRequest(List<Map.Entry<String, String>> headers) {
    List<Map.Entry<String, String>> kept = withoutConnection(headers);
    requireSound(kept);
    return kept;
  }

  /// The headers of an answer of another process of ours: all but those of its connection, and
  /// without the length of its body.
  public static List<Map.Entry<String, String>> ofAnswer(List<Map.Entry<String, String>> headers) {
    return withoutConnection(headers);
  }

  /// The headers of an answer from inside that the client sees, without the length of its body.
  public static List<Map.Entry<String, String>> toClient(List<Map.Entry<String, String>> headers) {
    List<Map.Entry<String, String>> kept = new ArrayList<>();
    for (Map.Entry<String, String> header : withoutConnection(headers)) {
      Optional<String> value =
          header.getKey().equalsIgnoreCase("set-cookie")
              ? SandboxCookie.harmless(header.getValue())
              : Optional.of(header.getValue());
      value.ifPresent(sound -> kept.add(Map.entry(header.getKey(), sound)));
    }
    return kept;
  }

  /// All values of each header, to be changed; names in any case.
  public static Map<String, List<String>> byName(List<Map.Entry<String, String>> headers) {
    Map<String, List<String>> byName = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (Map.Entry<String, String> header : headers) {
      byName.computeIfAbsent(header.getKey(), _ -> new ArrayList<>()).add(header.getValue());
    }
    return byName;
  }

  private static List<Map.Entry<String, String>> withoutConnection(
      List<Map.Entry<String, String>> headers) {
    Set<String> dropped =
        named(
            headers.stream()
                .filter(header -> header.getKey().equalsIgnoreCase("connection"))
                .map(Map.Entry::getValue)
                .toList());
    return headers.stream()
        .filter(header -> {
          String name = header.getKey().toLowerCase(Locale.ROOT);
          return name.equals("host")
              || !(dropped.contains(name) || OF_ONE_CONNECTION.contains(name));
        })
        .toList();
  }

  /// Whether a header can be written so that everybody reads it in one way.
  static boolean sound(String name, String value) {
    return token(name) && value.chars().allMatch(letter -> letter == '\t' || printed(letter));
  }

  private static boolean printed(int letter) {
    return letter >= ' ' && letter != DELETE;
  }

  private static boolean token(String text) {
    return !text.isEmpty() && text.chars().allMatch(HeaderRules::ofToken);
  }

  private static boolean ofToken(int letter) {
    return letter >= 'a' && letter <= 'z'
        || letter >= 'A' && letter <= 'Z'
        || letter >= '0' && letter <= '9'
        || TOKEN_MARKS.indexOf(letter) >= 0;
  }

  private static Optional<String> value(String name, String value, Grant grant) {
    return switch (name) {
      case "authorization" ->
          grant.authorizationUsed() || Credentials.holdsKey(value)
              ? Optional.empty()
              : Optional.of(value);
      case "cookie" -> Credentials.withoutCookies(value);
      case "referer" -> Optional.of(Credentials.withoutTokenInReferer(value));
      default -> Optional.of(value);
    };
  }

  private static Set<String> named(List<String> connectionHeaders) {
    Set<String> names = new HashSet<>();
    for (String header : connectionHeaders) {
      for (String name : header.split(",", -1)) {
        names.add(name.strip().toLowerCase(Locale.ROOT));
      }
    }
    return names;
  }

  private static void requireSound(RequestHead head) {
    if (!head.target().startsWith("/")
        || !head.target().chars().allMatch(letter -> letter != ' ' && printed(letter))) {
      throw HttpFailure.badRequest("the path and query must be percent-encoded");
    }
    if (!token(head.method())) {
      throw HttpFailure.badRequest("the method must be a token, such as GET");
    }
    requireSound(head.headers());
  }

  private static void requireSound(List<Map.Entry<String, String>> headers) {
    for (Map.Entry<String, String> header : headers) {
      if (!sound(header.getKey(), header.getValue())) {
        throw HttpFailure.badRequest("a header holds control characters; remove them");
      }
    }
  }
}
