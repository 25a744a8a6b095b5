package dev.sandlot.toolbox.files;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.Optional;

/// A requested byte range of a file (RFC 9110, section 14).
///
/// @param first byte
/// @param length 1 or more; 0 when nothing of the file lies in the range
record ByteRange(long first, long length) {
  private static final Pattern SINGLE = Pattern.compile("bytes=([0-9]{0,18})-([0-9]{0,18})");

  /// Parses a `Range` header. Empty for headers to be ignored: other units, several ranges, invalid
  /// syntax.
  static Optional<ByteRange> parse(String header, long size) {
    Matcher matcher = SINGLE.matcher(header.replace(" ", ""));
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String from = matcher.group(1);
    String to = matcher.group(2);
    if (from.isEmpty()) {
      return to.isEmpty() ? Optional.empty() : Optional.of(suffix(Long.parseLong(to), size));
    }
    long first = Long.parseLong(from);
    long last = to.isEmpty() ? Long.MAX_VALUE : Long.parseLong(to);
    if (last < first) {
      return Optional.empty();
    }
    return Optional.of(
        first >= size
            ? new ByteRange(first, 0)
            : new ByteRange(first, Math.min(last, size - 1) - first + 1));
  }

  private static ByteRange suffix(long count, long size) {
    long length = Math.min(count, size);
    return new ByteRange(size - length, length);
  }
}
