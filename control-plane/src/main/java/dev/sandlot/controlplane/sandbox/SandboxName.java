package dev.sandlot.controlplane.sandbox;

import com.google.re2j.Pattern;
import dev.sandlot.model.OperationFailure;

/// What a sandbox may be called. Names are shown in mails and pages, so nothing that could pass for
/// markup or a link.
final class SandboxName {
  private static final Pattern MARKUP = Pattern.compile("<[^>]*>|<[a-zA-Z/!]");
  private static final Pattern LINK =
      Pattern.compile(
          "[a-zA-Z][a-zA-Z0-9+.-]*://|\\b(?:javascript|data|vbscript|mailto):|www\\.",
          Pattern.CASE_INSENSITIVE);

  private SandboxName() {}

  /// @throws OperationFailure BAD_REQUEST when it is none
  static String checked(String name) {
    if (name.isBlank()) {
      throw OperationFailure.badRequest("name must not be blank");
    }
    if (name.codePoints().anyMatch(SandboxName::isControl)) {
      throw OperationFailure.badRequest("name must not hold control characters");
    }
    if (MARKUP.matcher(name).find()) {
      throw OperationFailure.badRequest("name must not hold HTML tags");
    }
    if (LINK.matcher(name).find()) {
      throw OperationFailure.badRequest("name must not hold a link or 'www.'");
    }
    return name;
  }

  /// Also what turns the direction of text or separates lines.
  private static boolean isControl(int point) {
    int type = Character.getType(point);
    return type == Character.CONTROL
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR
        || (point >= 0x202A && point <= 0x202E)
        || (point >= 0x2066 && point <= 0x2069);
  }
}
