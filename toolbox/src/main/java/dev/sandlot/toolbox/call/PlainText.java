package dev.sandlot.toolbox.call;

/// Finds and removes control characters. Uses no regular expressions: the input is untrusted.
public final class PlainText {
  private static final char FIRST_PRINTED = ' ';
  private static final char DELETE = '\u007f';

  private PlainText() {}

  public static boolean holdsControls(String text) {
    return text.chars().anyMatch(PlainText::control);
  }

  /// The text with a blank instead of each run of control characters.
  public static String withoutControls(String text) {
    StringBuilder plain = new StringBuilder(text.length());
    boolean before = false;
    for (int at = 0; at < text.length(); at++) {
      boolean control = control(text.charAt(at));
      if (!control) {
        plain.append(text.charAt(at));
      } else if (!before) {
        plain.append(' ');
      }
      before = control;
    }
    return plain.toString();
  }

  private static boolean control(int letter) {
    return letter < FIRST_PRINTED || letter == DELETE;
  }
}
