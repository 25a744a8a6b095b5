package dev.sandlot.toolbox.git.command;

import static java.nio.charset.StandardCharsets.UTF_8;

/// How a run of git ended.
///
/// @param code -1 when a signal ended it
/// @param output empty when it was passed on
/// @param errors the end of its standard error
public record GitResult(int code, byte[] output, String errors) {
  public boolean succeeded() {
    return code == 0;
  }

  /// The output; bytes that are not UTF-8 become U+FFFD.
  public String text() {
    return new String(output, UTF_8);
  }

  /// The end of the output, as much as is kept of messages.
  public String textEnd() {
    int length = Math.min(output.length, GitLimits.STANDARD.errorBytesMax());
    return new String(output, output.length - length, length, UTF_8);
  }

  /// The first line of the output.
  public String line() {
    int end = 0;
    while (end < output.length && output[end] != '\n' && output[end] != '\r') {
      end++;
    }
    return new String(output, 0, end, UTF_8);
  }
}
