package dev.sandlot.controlplane.platform;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// A URL that names a PostgreSQL, taken apart. What is secret in it goes nowhere but to the driver,
/// as properties: driver, pool and migrations repeat a URL in their messages.
///
/// @param address without user, password and query
/// @param user the role
/// @param password of the role
/// @param options all other parameters of the query
record DatabaseUrl(
    String address, Optional<String> user, Optional<String> password, Map<String, String> options) {
  private static final String HOST = "(?:\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?";
  private static final Pattern FORM =
      Pattern.compile(
          "(?:jdbc:)?postgres(?:ql)?:(?://(?:(?P<credentials>[^/?#@]*)@)?(?P<hosts>"
              + HOST
              + "(?:,"
              + HOST
              + ")*)/?)?(?P<database>[^/?#@]*)(?:\\?(?P<query>[^#]*))?");

  /// Reads `postgresql://user:password@host:port/database?…` or its JDBC form.
  ///
  /// @throws IllegalArgumentException when it is neither; the message does not repeat it
  static DatabaseUrl read(String url) {
    Matcher form = FORM.matcher(url);
    if (!form.matches()) {
      throw unreadable();
    }
    try {
      Map<String, String> options = options(Optional.ofNullable(form.group("query")));
      Optional<String> credentials = Optional.ofNullable(form.group("credentials"));
      Optional<String> user = credentials.map(text -> decoded(text.split(":", 2)[0]));
      Optional<String> password =
          credentials
              .filter(text -> text.contains(":"))
              .map(text -> decoded(text.split(":", 2)[1]));
      String hosts = Optional.ofNullable(form.group("hosts")).orElse("localhost");
      return new DatabaseUrl(
          "jdbc:postgresql://" + hosts + "/" + form.group("database"),
          user.or(() -> Optional.ofNullable(options.remove("user"))),
          password.or(() -> Optional.ofNullable(options.remove("password"))),
          options);
    } catch (IllegalArgumentException _) {
      throw unreadable(); // the decoder's message repeats what it read
    }
  }

  private static IllegalArgumentException unreadable() {
    return new IllegalArgumentException(
        "the database's URL cannot be read; it must look like"
            + " postgresql://user:password@host:5432/database, with all but letters and digits of"
            + " user and password percent-encoded");
  }

  private static Map<String, String> options(Optional<String> query) {
    Map<String, String> options = new LinkedHashMap<>();
    for (String part : query.orElse("").split("&", -1)) {
      if (!part.isEmpty()) {
        String[] pair = part.split("=", 2);
        String value = pair.length < 2 ? "" : URLDecoder.decode(pair[1], StandardCharsets.UTF_8);
        options.put(pair[0], value);
      }
    }
    return options;
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return address;
  }
}
