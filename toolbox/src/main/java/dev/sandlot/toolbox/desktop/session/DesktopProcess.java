package dev.sandlot.toolbox.desktop.session;

import java.util.Locale;
import java.util.Optional;

/// The processes of a desktop, in the order of their start
/// (docs/contract/computer-use.md#processes).
public enum DesktopProcess {
  /// The display.
  XVFB(100, true, true),
  /// The D-Bus session bus; not in the contract.
  DBUS(150, true, false),
  /// The window manager and panel that the image has; the name is the contract's.
  XFCE4(200, true, true),
  /// The accessibility bus, where the image has it.
  ATSPI(250, false, false),
  /// The VNC server.
  X11VNC(300, true, true),
  /// The VNC client for browsers.
  NOVNC(400, true, true);

  private final int priority;
  private final boolean restarted;
  private final boolean required;

  DesktopProcess(int priority, boolean restarted, boolean required) {
    this.priority = priority;
    this.restarted = restarted;
    this.required = required;
  }

  /// The name in the contract.
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// The agent's id of the process.
  String id() {
    return "sandlot-desktop-" + wireName();
  }

  public int priority() {
    return priority;
  }

  /// Whether it is started again when it has ended.
  public boolean restarted() {
    return restarted;
  }

  /// Whether the desktop counts as active only with it.
  public boolean required() {
    return required;
  }

  public static Optional<DesktopProcess> named(String name) {
    for (DesktopProcess process : values()) {
      if (process != DBUS && process.wireName().equals(name)) {
        return Optional.of(process);
      }
    }
    return Optional.empty();
  }
}
