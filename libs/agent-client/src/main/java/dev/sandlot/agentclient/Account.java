package dev.sandlot.agentclient;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AgentLink;

/// Whom processes of a sandbox run as, and where.
///
/// @param home absolute
/// @param workingDirectory absolute
/// @param shell absolute path of the shell that takes commands
public record Account(String home, String workingDirectory, String shell) {
  private static final int PATH_CHARACTERS_MAX = 4_096;

  /// @throws AgentFailure when one of them is no absolute path
  public Account {
    check(home);
    check(workingDirectory);
    check(shell);
  }

  private static void check(String path) {
    if (!path.startsWith("/") || path.length() > PATH_CHARACTERS_MAX || path.indexOf('\0') >= 0) {
      throw AgentLink.broken("not an absolute path");
    }
  }
}
