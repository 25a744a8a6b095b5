package dev.sandlot.agentclient;

import java.util.Map;

/// The settings of a sandbox that depend on its owner.
///
/// @param environment for every process started from now on
/// @param user the user that processes run as, from the image's passwd
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
