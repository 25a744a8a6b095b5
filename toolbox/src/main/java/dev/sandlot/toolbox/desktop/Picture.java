package dev.sandlot.toolbox.desktop;

import dev.sandlot.toolbox.desktop.session.Answers;
import dev.sandlot.toolbox.desktop.session.DesktopFailures;
import java.util.Base64;
import tools.jackson.databind.JsonNode;

/// A screenshot.
///
/// @param base64 a PNG or JPEG file
/// @param sizeBytes of the file
/// @param cursorX in pixels of the picture
/// @param cursorY likewise
record Picture(String base64, int sizeBytes, int cursorX, int cursorY) {
  private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G'};
  private static final byte[] JPEG = {(byte) 0xff, (byte) 0xd8, (byte) 0xff};

  /// Reads the program's answer, and checks that it is a picture.
  static Picture of(JsonNode answer) {
    String text = answer.path("image").asString("");
    byte[] file;
    try {
      file = Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException _) {
      throw DesktopFailures.broken("something that is not base64");
    }
    if (!begins(file, PNG) && !begins(file, JPEG)) {
      throw DesktopFailures.broken("something that is no picture");
    }
    return new Picture(
        text, file.length, Answers.integer(answer, "x"), Answers.integer(answer, "y"));
  }

  private static boolean begins(byte[] file, byte[] mark) {
    if (file.length < mark.length) {
      return false;
    }
    for (int index = 0; index < mark.length; index++) {
      if (file[index] != mark[index]) {
        return false;
      }
    }
    return true;
  }
}
