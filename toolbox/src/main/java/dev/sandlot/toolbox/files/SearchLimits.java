package dev.sandlot.toolbox.files;

import java.time.Duration;

/// How much a search or a replacement may find, hold and take.
///
/// @param resultsMax matches of one search
/// @param resultBytesMax of them as text
/// @param patternBytesMax of what is looked for
/// @param headBytes of a file in which a NUL makes it a binary one
/// @param lineBytesMax of a line; a longer one ends its file
/// @param filesAtOnce that are read at one time
/// @param replacedBytesMax of a file after a replacement
/// @param timeMax of a search
public record SearchLimits(
    int resultsMax,
    long resultBytesMax,
    int patternBytesMax,
    int headBytes,
    int lineBytesMax,
    int filesAtOnce,
    long replacedBytesMax,
    Duration timeMax) {
  /// What serves: the contract's, and sizes that no human reads.
  public static final SearchLimits STANDARD =
      new SearchLimits(
          100_000, 16 << 20, 16 << 10, 512, 64 << 10, 8, 1L << 30, Duration.ofMinutes(2));
}
