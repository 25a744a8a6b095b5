package dev.sandlot.toolbox.desktop.session;

import dev.sandlot.http.HttpFailure;
import java.util.Map;

/// The failures of computer use: those of the toolbox, with additional keys for older clients
/// (docs/contract/transport.md#errors-of-the-toolbox and docs/contract/computer-use.md).
public final class DesktopFailures {
  private DesktopFailures() {}

  public static HttpFailure badRequest(String sentence) {
    return new HttpFailure(400, "BAD_REQUEST", "bad request: " + sentence);
  }

  /// Computer use is unavailable in the sandbox's current state.
  public static HttpFailure unavailable(String sentence, String details, String solution) {
    return new HttpFailure(
        503,
        "SERVICE_UNAVAILABLE",
        sentence,
        Map.of(),
        Map.of("details", details, "solution", solution));
  }

  /// The sandbox lacks programs.
  static HttpFailure notInstalled(String missing) {
    return unavailable(
        "computer use is not available in this sandbox",
        "it lacks " + missing,
        "create the sandbox from the snapshot sandlot/desktop, or install: "
            + "xvfb openbox tint2 x11vnc novnc websockify dbus x11-xserver-utils at-spi2-core "
            + "python3-xlib python3-pil python3-gi");
  }

  /// The display or the desktop program does not run.
  static HttpFailure notRunning(String details) {
    return unavailable(
        "the desktop does not answer", details, "start computer use first: /computeruse/start");
  }

  /// The desktop program has sent an invalid answer.
  public static HttpFailure broken(String what) {
    return new HttpFailure(
        502, "BAD_GATEWAY", "the desktop's program in the sandbox answered with " + what);
  }
}
