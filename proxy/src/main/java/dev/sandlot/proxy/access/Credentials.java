package dev.sandlot.proxy.access;

import dev.sandlot.http.HttpFailure;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/// What a request offers to be let in by, and the request without it. No toString shows any of it.
public final class Credentials {
  public static final String PREVIEW_TOKEN_HEADER = "X-Daytona-Preview-Token";
  public static final String QUERY_PARAMETER = "DAYTONA_SANDBOX_AUTH_KEY";
  static final String COOKIE_PREFIX = "daytona-sandbox-auth-";

  /// In lower case, as browsers compare the beginnings of names.
  private static final List<String> OUR_COOKIES =
      List.of(COOKIE_PREFIX, "__host-" + COOKIE_PREFIX, "__secure-" + COOKIE_PREFIX);

  /// How keys of the platform begin.
  private static final String KEY_PREFIX = "dtn_";

  private static final String BEARER = "bearer ";

  private Credentials() {}

  /// The bearer of `Authorization`.
  ///
  /// @throws HttpFailure 400 when there are several such headers
  static Optional<String> bearer(RequestHead head) {
    List<String> values = head.headers("Authorization");
    if (values.size() > 1) {
      throw HttpFailure.badRequest("send one Authorization header at most");
    }
    return values.stream()
        .filter(value -> value.toLowerCase(Locale.ROOT).startsWith(BEARER))
        .map(value -> value.substring(BEARER.length()).strip())
        .filter(token -> !token.isEmpty())
        .findFirst();
  }

  /// All that a request offers to be let in by.
  public static List<String> offered(RequestHead head, Destination destination) {
    List<String> offered = new ArrayList<>();
    bearer(head).ifPresent(offered::add);
    previewToken(head).ifPresent(offered::add);
    queryToken(head).ifPresent(offered::add);
    head.headers("Cookie").stream()
        .flatMap(header -> cookies(header).stream())
        .filter(cookie -> cookie.startsWith(COOKIE_PREFIX))
        .forEach(offered::add);
    if (destination instanceof Destination.ByToken to) {
      offered.add(to.token());
    }
    return offered;
  }

  /// Whether an `Authorization` value holds a key of the platform, whatever its scheme.
  public static boolean holdsKey(String authorization) {
    return authorization.contains(KEY_PREFIX);
  }

  static Optional<String> previewToken(RequestHead head) {
    return head.header(PREVIEW_TOKEN_HEADER).filter(token -> !token.isEmpty());
  }

  static Optional<String> queryToken(RequestHead head) {
    return pieces(head.rawQuery()).stream()
        .filter(Credentials::isQueryToken)
        .map(piece -> decode(piece.substring(piece.indexOf('=') + 1)))
        .filter(token -> !token.isEmpty())
        .findFirst();
  }

  /// The values of all cookies of a name, in the order in which the browser sent them.
  static List<String> cookies(RequestHead head, String name) {
    return head.headers("Cookie").stream()
        .flatMap(header -> cookies(header).stream())
        .filter(cookie -> cookie.startsWith(name + "="))
        .map(cookie -> cookie.substring(name.length() + 1))
        .toList();
  }

  /// Whether a cookie, or the start of a `Set-Cookie`, has a name of ours.
  public static boolean isOurCookie(String cookie) {
    String name = cookie.strip().toLowerCase(Locale.ROOT);
    return OUR_COOKIES.stream().anyMatch(name::startsWith);
  }

  /// A raw query without our parameter, the rest byte for byte.
  public static String withoutToken(String rawQuery) {
    if (!mayHoldToken(rawQuery)) {
      return rawQuery;
    }
    return pieces(rawQuery).stream()
        .filter(piece -> !isQueryToken(piece))
        .collect(Collectors.joining("&"));
  }

  /// A `Cookie` header without cookies of ours; empty when nothing is left.
  public static Optional<String> withoutCookies(String header) {
    String left =
        cookies(header).stream()
            .filter(cookie -> !isOurCookie(cookie))
            .collect(Collectors.joining("; "));
    return left.isEmpty() ? Optional.empty() : Optional.of(left);
  }

  /// A `Referer` without our parameter: browsers repeat the whole address there.
  public static String withoutTokenInReferer(String referer) {
    int mark = referer.indexOf('?');
    if (mark < 0) {
      return referer;
    }
    String query = withoutToken(referer.substring(mark + 1));
    String path = referer.substring(0, mark);
    return query.isEmpty() ? path : path + "?" + query;
  }

  private static boolean mayHoldToken(String rawQuery) {
    return rawQuery.contains("%") || rawQuery.contains(QUERY_PARAMETER);
  }

  private static boolean isQueryToken(String piece) {
    int equals = piece.indexOf('=');
    return decode(equals < 0 ? piece : piece.substring(0, equals)).equals(QUERY_PARAMETER);
  }

  private static List<String> pieces(String rawQuery) {
    return rawQuery.isEmpty() ? List.of() : List.of(rawQuery.split("&", -1));
  }

  private static List<String> cookies(String header) {
    List<String> cookies = new ArrayList<>();
    for (String part : header.split(";", -1)) {
      if (!part.isBlank()) {
        cookies.add(part.strip());
      }
    }
    return cookies;
  }

  /// A broken encoding stands for itself.
  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      return text;
    }
  }
}
