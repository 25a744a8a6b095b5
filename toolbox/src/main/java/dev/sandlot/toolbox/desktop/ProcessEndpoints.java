package dev.sandlot.toolbox.desktop;

import dev.sandlot.http.Exchange;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.desktop.session.DesktopFailures;
import dev.sandlot.toolbox.desktop.session.DesktopProcess;
import dev.sandlot.toolbox.desktop.session.DesktopSession;
import dev.sandlot.toolbox.desktop.session.DesktopSession.State;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Start, stop and state of the desktop (docs/contract/computer-use.md#processes).
final class ProcessEndpoints {
  private final DesktopSession session;
  private final Recordings recordings;

  ProcessEndpoints(DesktopSession session, Recordings recordings) {
    this.session = session;
    this.recordings = recordings;
  }

  void start(Exchange exchange) throws IOException, InterruptedException {
    RunningSandbox sandbox = Calls.sandbox(exchange);
    session.start(sandbox);
    exchange.sendJson(
        Map.of("message", "computer use is ready", "status", json(session.states(sandbox))));
  }

  void stop(Exchange exchange) throws IOException, InterruptedException {
    RunningSandbox sandbox = Calls.sandbox(exchange);
    List<State> before = session.states(sandbox);
    if (before.stream().anyMatch(State::running)) {
      recordings.stopAll(sandbox);
    }
    session.stop(sandbox);
    exchange.sendJson(
        Map.of("message", "computer use has ended", "status", json(session.states(sandbox))));
  }

  private static Map<String, Object> json(List<State> states) {
    Map<String, Object> all = new LinkedHashMap<>();
    for (State state : states) {
      Map<String, @Nullable Object> one = new LinkedHashMap<>();
      one.put("running", state.running());
      one.put("priority", state.process().priority());
      one.put("autoRestart", state.process().restarted());
      one.put("pid", state.running() ? state.pid().getAsInt() : null);
      all.put(state.process().wireName(), one);
    }
    return all;
  }

  void status(Exchange exchange) throws IOException, InterruptedException {
    List<State> required =
        session.states(Calls.sandbox(exchange)).stream()
            .filter(state -> state.process().required())
            .toList();
    long running = required.stream().filter(State::running).count();
    String status = running == 0 ? "inactive" : running == required.size() ? "active" : "partial";
    exchange.sendJson(Map.of("status", status));
  }

  void processStatus(Exchange exchange) throws IOException, InterruptedException {
    String name = exchange.pathParameter("processName");
    List<State> states = session.states(Calls.sandbox(exchange));
    DesktopProcess process =
        DesktopProcess.named(name)
            .orElseThrow(() -> new OperationFailure(ErrorCode.SERVICE_UNAVAILABLE, unknown(name)));
    boolean running =
        states.stream().anyMatch(state -> state.process() == process && state.running());
    exchange.sendJson(Map.of("processName", name, "running", running));
  }

  void restart(Exchange exchange) throws IOException, InterruptedException {
    DesktopProcess process = process(exchange);
    RunningSandbox sandbox = Calls.sandbox(exchange);
    if (session.states(sandbox).stream().noneMatch(State::running)) {
      throw DesktopFailures.badRequest(
          "computer use does not run; start it, which starts " + process.wireName() + " too");
    }
    session.restart(sandbox, process);
    exchange.sendJson(
        Map.of("message", process.wireName() + " runs again", "processName", process.wireName()));
  }

  void logs(Exchange exchange) throws IOException, InterruptedException {
    DesktopProcess process = process(exchange);
    exchange.sendJson(
        Map.of(
            "processName",
            process.wireName(),
            "logs",
            session.log(Calls.sandbox(exchange), process, false)));
  }

  void errors(Exchange exchange) throws IOException, InterruptedException {
    DesktopProcess process = process(exchange);
    exchange.sendJson(
        Map.of(
            "processName",
            process.wireName(),
            "errors",
            session.log(Calls.sandbox(exchange), process, true)));
  }

  private static DesktopProcess process(Exchange exchange) {
    String name = exchange.pathParameter("processName");
    return DesktopProcess.named(name).orElseThrow(() -> DesktopFailures.badRequest(unknown(name)));
  }

  private static String unknown(String name) {
    return "there is no process " + name + "; there are xvfb, xfce4, atspi, x11vnc and novnc";
  }
}
