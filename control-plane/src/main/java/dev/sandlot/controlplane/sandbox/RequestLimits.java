package dev.sandlot.controlplane.sandbox;

import java.time.Duration;

/// Limits on what clients may ask of sandboxes. Lengths are in UTF-16 units.
final class RequestLimits {
  static final int NAME_LENGTH_MAX = 255;
  static final int SNAPSHOT_LENGTH_MAX = 512;
  static final int REGION_LENGTH_MAX = 255;
  static final int LIST_LENGTH_MAX = 4096;
  static final int LABELS_MAX = 64;
  static final int LABEL_KEY_LENGTH_MAX = 256;
  static final int LABEL_VALUE_LENGTH_MAX = 4096;
  static final int ENV_MAX = 512;
  static final int ENV_KEY_LENGTH_MAX = 256;
  static final int ENV_VALUE_LENGTH_MAX = 65_536;
  static final int REASON_LENGTH_MAX = 4096;
  static final int PAGE_SIZE_MAX = 200;
  static final int PAGE_SIZE_DEFAULT = 100;

  /// How long an answer waits for what was asked to be done (docs/contract/sandboxes.md).
  static final Duration WAIT_MAX = Duration.ofSeconds(30);

  /// The same for a stop: some clients give up after ten seconds.
  static final Duration STOP_WAIT_MAX = Duration.ofSeconds(8);

  private RequestLimits() {}
}
