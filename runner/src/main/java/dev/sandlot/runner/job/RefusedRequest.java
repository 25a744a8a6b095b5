package dev.sandlot.runner.job;

import java.io.IOException;

/// The control plane answered a request with an error status.
final class RefusedRequest extends IOException {
  private static final long serialVersionUID = 1;

  private final int status;

  RefusedRequest(int status, String message) {
    super(message);
    this.status = status;
  }

  int status() {
    return status;
  }

  /// Whether the same request may succeed later.
  boolean retryable() {
    return status >= 500 || status == 429 || status == 408;
  }
}
