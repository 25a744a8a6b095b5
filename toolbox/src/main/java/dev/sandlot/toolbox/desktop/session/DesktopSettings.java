package dev.sandlot.toolbox.desktop.session;

import com.google.re2j.Pattern;
import dev.sandlot.agentclient.AgentClient;
import dev.sandlot.model.OperationFailure;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The settings of a sandbox's desktop, from its environment variables.
///
/// @param display `:0`
/// @param resolution `1024x768`
/// @param runtimeFolder of the session's sockets
/// @param busAddress of the session's bus
/// @param language locale of programs; without UTF-8 they drop all characters beyond ASCII
public record DesktopSettings(
    String display,
    String resolution,
    int vncPort,
    int noVncPort,
    String runtimeFolder,
    String busAddress,
    String language) {
  private static final Pattern DISPLAY = Pattern.compile(":[0-9]{1,3}");
  private static final Pattern RESOLUTION = Pattern.compile("[1-9][0-9]{1,3}x[1-9][0-9]{1,3}");
  private static final Pattern PORT = Pattern.compile("[1-9][0-9]{0,4}");
  private static final Pattern FOLDER = Pattern.compile("/[A-Za-z0-9_./-]{1,90}");
  private static final Pattern BUS = Pattern.compile("unix:path=(/[A-Za-z0-9_./-]{1,100})");
  private static final int PORT_MAX = 65_535;

  /// Reads them from the sandbox's environment.
  ///
  /// @throws OperationFailure BAD_REQUEST when a variable is invalid
  public static DesktopSettings of(AgentClient agent) {
    return of(agent.changeEnvironment(Map.of(), List.of(), ""));
  }

  public static DesktopSettings of(Map<String, String> environment) {
    String folder = value(environment, "XDG_RUNTIME_DIR", "/tmp/sandlot-desktop", FOLDER);
    return new DesktopSettings(
        value(environment, "DISPLAY", ":0", DISPLAY),
        value(environment, "VNC_RESOLUTION", "1024x768", RESOLUTION),
        port(environment, "VNC_PORT", "5901"),
        port(environment, "NO_VNC_PORT", "6080"),
        folder,
        value(environment, "DBUS_SESSION_BUS_ADDRESS", "unix:path=" + folder + "/bus", BUS),
        environment.getOrDefault("LANG", "").isEmpty()
            ? "C.UTF-8"
            : environment.getOrDefault("LANG", ""));
  }

  private static String value(
      Map<String, String> environment, String name, String standard, Pattern form) {
    String value = environment.getOrDefault(name, "");
    if (value.isEmpty()) {
      return standard;
    }
    if (!form.matcher(value).matches()) {
      throw DesktopFailures.badRequest(
          "the sandbox's variable " + name + " must look like " + standard + ", not " + value);
    }
    return value;
  }

  private static int port(Map<String, String> environment, String name, String standard) {
    int port = Integer.parseInt(value(environment, name, standard, PORT));
    if (port > PORT_MAX) {
      throw DesktopFailures.badRequest(
          "the sandbox's variable " + name + " must be a port, not " + port);
    }
    return port;
  }

  /// The variables of the desktop's processes.
  public Map<String, String> environment() {
    Map<String, String> environment = new LinkedHashMap<>(programEnvironment());
    environment.put("VNC_RESOLUTION", resolution);
    environment.put("VNC_PORT", Integer.toString(vncPort));
    environment.put("NO_VNC_PORT", Integer.toString(noVncPort));
    return environment;
  }

  /// The variables that a program needs to appear on the desktop.
  Map<String, String> programEnvironment() {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("DISPLAY", display);
    environment.put("XDG_RUNTIME_DIR", runtimeFolder);
    environment.put("DBUS_SESSION_BUS_ADDRESS", busAddress);
    environment.put("LANG", language);
    return environment;
  }

  /// The file with the pid of a running process.
  String pidFile(DesktopProcess process) {
    return runtimeFolder + "/sandlot-" + process.wireName() + ".pid";
  }
}
