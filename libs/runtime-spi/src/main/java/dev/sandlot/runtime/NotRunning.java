package dev.sandlot.runtime;

import java.io.IOException;

/// A connection into a sandbox cannot be opened because the sandbox does not run.
public final class NotRunning extends IOException {
  private static final long serialVersionUID = 1;

  public NotRunning() {
    super("the sandbox is not running");
  }
}
