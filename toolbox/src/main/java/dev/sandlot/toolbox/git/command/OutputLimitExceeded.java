package dev.sandlot.toolbox.git.command;

import java.io.IOException;

/// A run of git has written more than its limit; the run is ended.
public final class OutputLimitExceeded extends IOException {
  private static final long serialVersionUID = 1;
}
