package dev.sandlot.toolbox.desktop;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.http.Endpoint;
import dev.sandlot.http.Route;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.ToolboxAccess;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.desktop.session.DesktopLimits;
import dev.sandlot.toolbox.desktop.session.DesktopProgram;
import dev.sandlot.toolbox.desktop.session.DesktopSession;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// The routes of computer use.
public final class DesktopRoutes {
  private static final String ROOT = "/computeruse";

  private final List<Route<ToolboxAccess>> routes = new ArrayList<>();

  /// @param download sends recordings
  /// @param environmentChanged notified of each sandbox whose environment has changed
  public DesktopRoutes(FileDownload download, Consumer<RunningSandbox> environmentChanged) {
    DesktopLimits limits = DesktopLimits.STANDARD;
    DesktopProgram program = new DesktopProgram(limits);
    Recordings recordings = new Recordings(limits);
    processes(
        new ProcessEndpoints(new DesktopSession(program, limits, environmentChanged), recordings));
    screen(new ScreenshotEndpoints(program, limits), new DisplayEndpoints(program, limits));
    mouseAndKeyboard(new MouseEndpoints(program, limits), new KeyboardEndpoints(program, limits));
    accessibility(new AccessibilityEndpoints(program, limits));
    recordings(new RecordingEndpoints(recordings, download));
  }

  public List<Route<ToolboxAccess>> routes() {
    return List.copyOf(routes);
  }

  private void processes(ProcessEndpoints processes) {
    add("POST", "/start", processes::start);
    add("POST", "/stop", processes::stop);
    add("GET", "/status", processes::status);
    add("GET", "/process-status", processes::status);
    add("GET", "/process/{processName}/status", processes::processStatus);
    add("POST", "/process/{processName}/restart", processes::restart);
    add("GET", "/process/{processName}/logs", processes::logs);
    add("GET", "/process/{processName}/errors", processes::errors);
  }

  private void screen(ScreenshotEndpoints screenshots, DisplayEndpoints displays) {
    add("GET", "/screenshot", screenshots::full);
    add("GET", "/screenshot/region", screenshots::region);
    add("GET", "/screenshot/compressed", screenshots::compressed);
    add("GET", "/screenshot/region/compressed", screenshots::compressedRegion);
    add("GET", "/display/info", displays::displays);
    add("GET", "/display/windows", displays::windows);
  }

  private void mouseAndKeyboard(MouseEndpoints mouse, KeyboardEndpoints keyboard) {
    add("GET", "/mouse/position", mouse::position);
    add("POST", "/mouse/move", mouse::move);
    add("POST", "/mouse/click", mouse::click);
    add("POST", "/mouse/down", mouse::down);
    add("POST", "/mouse/up", mouse::up);
    add("POST", "/mouse/drag", mouse::drag);
    add("POST", "/mouse/scroll", mouse::scroll);
    add("POST", "/keyboard/type", keyboard::type);
    add("POST", "/keyboard/key", keyboard::press);
    add("POST", "/keyboard/hotkey", keyboard::hotkey);
    add("POST", "/keyboard/down", keyboard::down);
    add("POST", "/keyboard/up", keyboard::up);
  }

  private void accessibility(AccessibilityEndpoints accessibility) {
    add("GET", "/a11y/tree", accessibility::tree);
    add("POST", "/a11y/find", accessibility::find);
    add("POST", "/a11y/node/focus", accessibility::focus);
    add("POST", "/a11y/node/invoke", accessibility::invoke);
    add("POST", "/a11y/node/value", accessibility::setValue);
  }

  private void recordings(RecordingEndpoints recordings) {
    add("GET", "/recordings", recordings::list);
    add("POST", "/recordings/start", recordings::start);
    add("POST", "/recordings/stop", recordings::stop);
    add("GET", "/recordings/{id}", recordings::get);
    add("DELETE", "/recordings/{id}", recordings::delete);
    add("GET", "/recordings/{id}/download", recordings::download);
  }

  private void add(String method, String path, Endpoint endpoint) {
    Endpoint withErrorKey =
        exchange -> {
          try {
            endpoint.serve(exchange);
          } catch (OperationFailure failure) {
            throw ToolboxFailures.withError(failure);
          } catch (AgentFailure failure) {
            throw ToolboxFailures.withError(ToolboxFailures.of(failure));
          }
        };
    routes.add(new Route<>(method, ROOT + path, ToolboxAccess.ADMITTED_BY_PROXY, withErrorKey));
  }
}
