package dev.sandlot.toolbox.call;

/// Who may call a route of the toolbox.
public enum ToolboxAccess {
  /// Whoever the proxy has found to have access to the sandbox. The toolbox itself is reachable
  /// through the proxy only.
  ADMITTED_BY_PROXY
}
