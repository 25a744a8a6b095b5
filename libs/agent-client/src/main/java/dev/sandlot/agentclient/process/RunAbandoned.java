package dev.sandlot.agentclient.process;

import java.io.IOException;

/// A run was ended because its caller no longer waited.
public final class RunAbandoned extends IOException {
  private static final long serialVersionUID = 1;

  RunAbandoned() {
    super("the caller no longer waits for the process");
  }
}
