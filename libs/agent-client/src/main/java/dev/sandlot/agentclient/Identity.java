package dev.sandlot.agentclient;

import java.util.Map;

/// What makes a sandbox somebody's.
///
/// @param environment for every process started from now on
/// @param user whom they run as, from the image's passwd
/// @param workingDirectory absolute; empty for the user's home
/// @param hostName at most 63 characters; empty leaves it
public record Identity(
    Map<String, String> environment, String user, String workingDirectory, String hostName) {
  public Identity {
    environment = Map.copyOf(environment);
  }

  /// Without what is secret.
  @Override
  public String toString() {
    return "Identity[user=" + user + ", workingDirectory=" + workingDirectory + "]";
  }
}
