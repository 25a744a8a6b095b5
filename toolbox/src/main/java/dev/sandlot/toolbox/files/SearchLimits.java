package dev.sandlot.toolbox.files;

import java.time.Duration;

/// Limits of a search or a replacement.
///
/// @param resultsMax matches of one search
/// @param resultBytesMax of them as text
/// @param patternBytesMax of the pattern
/// @param headBytes of a file in which a NUL makes it a binary one
/// @param lineBytesMax of a line; a longer one ends its file
/// @param filesAtOnce read concurrently
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
  /// The limits of a server: those of the contract, and more than people read.
  public static final SearchLimits STANDARD =
      new SearchLimits(
          100_000, 16 << 20, 16 << 10, 512, 64 << 10, 8, 1L << 30, Duration.ofMinutes(2));
}
