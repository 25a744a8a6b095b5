package dev.sandlot.server;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// What a server process does for an installation.
enum Role {
  /// The API, and the truth about sandboxes.
  CONTROL_PLANE("control-plane"),
  /// Sandboxes on this machine.
  RUNNER("runner"),
  /// Toolbox calls and previews.
  PROXY("proxy");

  private final String setting;

  Role(String setting) {
    this.setting = setting;
  }

  static Optional<Role> parse(String text) {
    return Arrays.stream(values()).filter(role -> role.setting.equals(text)).findFirst();
  }

  /// As settings name them.
  static List<String> names() {
    return Arrays.stream(values()).map(Role::toString).toList();
  }

  @Override
  public String toString() {
    return setting;
  }
}
