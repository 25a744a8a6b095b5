package dev.sandlot.runner.toolbox.git;

import static java.nio.charset.StandardCharsets.UTF_8;

/// How a run of git ended.
///
/// @param code -1 when a signal ended it
/// @param output empty when it was passed on
/// @param errors the last of what it said
record GitResult(int code, byte[] output, String errors) {
  boolean succeeded() {
    return code == 0;
  }

  /// The output; bytes that are not UTF-8 become U+FFFD.
  String text() {
    return new String(output, UTF_8);
  }

  /// The first line of the output.
  String line() {
    return text().lines().findFirst().orElse("");
  }
}
