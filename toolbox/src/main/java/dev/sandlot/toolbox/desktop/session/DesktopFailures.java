package dev.sandlot.toolbox.desktop.session;

import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import java.util.Map;

/// The failures of computer use: those of the toolbox, with additional keys for older clients
/// (docs/contract/transport.md#errors-of-the-toolbox and docs/contract/computer-use.md).
public final class DesktopFailures {
  private DesktopFailures() {}

  public static OperationFailure badRequest(String sentence) {
    return new OperationFailure(ErrorCode.BAD_REQUEST, "bad request: " + sentence);
  }

  /// Computer use is unavailable in the sandbox's current state.
  public static OperationFailure unavailable(String sentence, String details, String solution) {
    return new OperationFailure(
        ErrorCode.SERVICE_UNAVAILABLE, sentence, Map.of("details", details, "solution", solution));
  }

  /// The sandbox lacks programs.
  static OperationFailure notInstalled(String missing) {
    return unavailable(
        "computer use is not available in this sandbox",
        "it lacks " + missing,
        "create the sandbox from the snapshot sandlot/desktop, or install: "
            + "xvfb openbox tint2 x11vnc novnc websockify dbus x11-xserver-utils at-spi2-core "
            + "python3-xlib python3-pil python3-gi");
  }

  /// The display or the desktop program does not run.
  static OperationFailure notRunning(String details) {
    return unavailable(
        "the desktop does not answer", details, "start computer use first: /computeruse/start");
  }

  /// The desktop program has sent an invalid answer.
  public static OperationFailure broken(String what) {
    return new OperationFailure(
        ErrorCode.BAD_GATEWAY, "the desktop's program in the sandbox answered with " + what);
  }
}
