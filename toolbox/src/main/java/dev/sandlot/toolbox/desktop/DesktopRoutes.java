package dev.sandlot.toolbox.desktop;

import static dev.sandlot.toolbox.call.ToolboxRow.delete;
import static dev.sandlot.toolbox.call.ToolboxRow.get;
import static dev.sandlot.toolbox.call.ToolboxRow.post;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.http.Endpoint;
import dev.sandlot.http.Operation;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.ToolboxAccess;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxRow;
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

  private final List<Operation<ToolboxAccess>> operations = new ArrayList<>();

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

  public List<Operation<ToolboxAccess>> operations() {
    return List.copyOf(operations);
  }

  private void processes(ProcessEndpoints processes) {
    add(post("StartComputerUse", ROOT + "/start"), processes::start);
    add(post("StopComputerUse", ROOT + "/stop"), processes::stop);
    add(get("GetComputerUseSystemStatus", ROOT + "/status"), processes::status);
    add(get("GetComputerUseStatus", ROOT + "/process-status"), processes::status);
    add(get("GetProcessStatus", ROOT + "/process/{processName}/status"), processes::processStatus);
    add(post("RestartProcess", ROOT + "/process/{processName}/restart"), processes::restart);
    add(get("GetProcessLogs", ROOT + "/process/{processName}/logs"), processes::logs);
    add(get("GetProcessErrors", ROOT + "/process/{processName}/errors"), processes::errors);
  }

  private void screen(ScreenshotEndpoints screenshots, DisplayEndpoints displays) {
    add(get("TakeScreenshot", ROOT + "/screenshot"), screenshots::full);
    add(get("TakeRegionScreenshot", ROOT + "/screenshot/region"), screenshots::region);
    add(get("TakeCompressedScreenshot", ROOT + "/screenshot/compressed"), screenshots::compressed);
    add(
        get("TakeCompressedRegionScreenshot", ROOT + "/screenshot/region/compressed"),
        screenshots::compressedRegion);
    add(get("GetDisplayInfo", ROOT + "/display/info"), displays::displays);
    add(get("GetWindows", ROOT + "/display/windows"), displays::windows);
  }

  private void mouseAndKeyboard(MouseEndpoints mouse, KeyboardEndpoints keyboard) {
    add(get("GetMousePosition", ROOT + "/mouse/position"), mouse::position);
    add(post("MoveMouse", ROOT + "/mouse/move"), mouse::move);
    add(post("Click", ROOT + "/mouse/click"), mouse::click);
    add(post("SandlotMouseDown", ROOT + "/mouse/down"), mouse::down);
    add(post("SandlotMouseUp", ROOT + "/mouse/up"), mouse::up);
    add(post("Drag", ROOT + "/mouse/drag"), mouse::drag);
    add(post("Scroll", ROOT + "/mouse/scroll"), mouse::scroll);
    add(post("TypeText", ROOT + "/keyboard/type"), keyboard::type);
    add(post("PressKey", ROOT + "/keyboard/key"), keyboard::press);
    add(post("PressHotkey", ROOT + "/keyboard/hotkey"), keyboard::hotkey);
    add(post("SandlotKeyDown", ROOT + "/keyboard/down"), keyboard::down);
    add(post("SandlotKeyUp", ROOT + "/keyboard/up"), keyboard::up);
  }

  private void accessibility(AccessibilityEndpoints accessibility) {
    add(get("GetAccessibilityTree", ROOT + "/a11y/tree"), accessibility::tree);
    add(post("FindAccessibilityNodes", ROOT + "/a11y/find"), accessibility::find);
    add(post("FocusAccessibilityNode", ROOT + "/a11y/node/focus"), accessibility::focus);
    add(post("InvokeAccessibilityNode", ROOT + "/a11y/node/invoke"), accessibility::invoke);
    add(post("SetAccessibilityNodeValue", ROOT + "/a11y/node/value"), accessibility::setValue);
  }

  private void recordings(RecordingEndpoints recordings) {
    add(get("ListRecordings", ROOT + "/recordings"), recordings::list);
    add(post("StartRecording", ROOT + "/recordings/start").answers(201), recordings::start);
    add(post("StopRecording", ROOT + "/recordings/stop"), recordings::stop);
    add(get("GetRecording", ROOT + "/recordings/{id}"), recordings::get);
    add(delete("DeleteRecording", ROOT + "/recordings/{id}").answers(204), recordings::delete);
    add(get("DownloadRecording", ROOT + "/recordings/{id}/download"), recordings::download);
  }

  private void add(ToolboxRow row, Endpoint endpoint) {
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
    operations.add(row.does(withErrorKey));
  }
}
