package dev.sandlot.toolbox.desktop.session;

import java.util.Locale;
import java.util.Optional;

/// What a desktop is made of, in the order of its start (docs/contract/computer-use.md#processes).
public enum DesktopProcess {
  /// The display.
  XVFB(100, true, true),
  /// The session's bus. Clients do not know it.
  DBUS(150, true, false),
  /// Window manager and panel, whichever the image has; the name is the contract's.
  XFCE4(200, true, true),
  /// The bus of accessibility, where the image has it.
  ATSPI(250, false, false),
  /// The screen for viewers of VNC.
  X11VNC(300, true, true),
  /// The screen for browsers.
  NOVNC(400, true, true);

  private final int priority;
  private final boolean restarted;
  private final boolean required;

  DesktopProcess(int priority, boolean restarted, boolean required) {
    this.priority = priority;
    this.restarted = restarted;
    this.required = required;
  }

  /// As clients call it.
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// By which the agent knows it.
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

  /// Whether the desktop is none without it, as far as clients are told.
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
