package dev.sandlot.controlplane.platform;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;

/// A URL of the configuration as logs may show it: where it leads, without user, password and
/// query.
public final class ShownUrl {
  /// An '@' in a path or a query may as well end a password that was not encoded.
  private static final Pattern CLEAR =
      Pattern.compile(
          "([a-z:]{1,20})://(?:[^/?#@]*@)?([A-Za-z0-9.,:_\\[\\]-]+)(/[A-Za-z0-9._/-]*)?(?:[?#][^@]*)?");

  private ShownUrl() {}

  /// What may be shown; of a URL that cannot be parsed, nothing.
  public static String of(String url) {
    Matcher clear = CLEAR.matcher(url);
    if (!clear.matches()) {
      return "(a URL that cannot be shown)";
    }
    String path = clear.group(3);
    return clear.group(1) + "://" + clear.group(2) + (path == null ? "" : path);
  }
}
