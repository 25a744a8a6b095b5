package dev.sandlot.toolbox.call;

/// Who may call an operation of the toolbox.
public enum ToolboxAccess {
  /// Any caller whose access to the sandbox the proxy has checked. The toolbox can be reached
  /// through the proxy only.
  ADMITTED_BY_PROXY
}
