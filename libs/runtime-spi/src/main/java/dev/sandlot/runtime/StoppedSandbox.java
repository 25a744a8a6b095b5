package dev.sandlot.runtime;

import java.time.Duration;

/// A sandbox that does not run any more.
///
/// @param engine how long its engine took to end by itself
/// @param release how long its resources took to be released
public record StoppedSandbox(Duration engine, Duration release) {
  /// Nothing ran.
  public static final StoppedSandbox AT_REST = new StoppedSandbox(Duration.ZERO, Duration.ZERO);
}
