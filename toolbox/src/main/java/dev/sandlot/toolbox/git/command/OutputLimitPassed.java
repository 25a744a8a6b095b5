package dev.sandlot.toolbox.git.command;

import java.io.IOException;

/// A run of git has written more than it may; the run is ended.
public final class OutputLimitPassed extends IOException {
  private static final long serialVersionUID = 1;
}
