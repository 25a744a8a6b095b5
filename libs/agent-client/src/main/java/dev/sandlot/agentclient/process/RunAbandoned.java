package dev.sandlot.agentclient.process;

import java.io.IOException;

/// A run was ended because nobody waited for it any more.
public final class RunAbandoned extends IOException {
  private static final long serialVersionUID = 1;

  RunAbandoned() {
    super("nobody waits for the process any more");
  }
}
