package dev.sandlot.toolbox.desktop.session;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.re2j.Pattern;
import dev.sandlot.agentclient.AgentClient;
import dev.sandlot.agentclient.files.ReadableFile;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AgentFailure.Kind;
import dev.sandlot.agentclient.process.AgentProcesses;
import dev.sandlot.agentclient.process.ProcessStart;
import dev.sandlot.agentclient.process.ProcessStatus;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/// The processes of a sandbox's desktop. Each is an agent process that restarts its program when
/// that ends, so that no watching from outside is needed. Thread-safe.
public final class DesktopSession {
  private static final String SCRIPT = DesktopProgram.script("process.sh");
  private static final Pattern NUMBER = Pattern.compile("[1-9][0-9]{0,8}");
  private static final int NUMBER_BYTES_MAX = 16;
  private static final int DETAILS_BYTES_MAX = 2_000;

  private final DesktopProgram program;
  private final DesktopLimits limits;
  private final Consumer<RunningSandbox> environmentChanged;

  /// @param environmentChanged notified of each sandbox whose environment has changed
  public DesktopSession(
      DesktopProgram program, DesktopLimits limits, Consumer<RunningSandbox> environmentChanged) {
    this.program = program;
    this.limits = limits;
    this.environmentChanged = environmentChanged;
  }

  /// The state of a process, for clients.
  ///
  /// @param pid empty while it does not run
  public record State(DesktopProcess process, OptionalInt pid) {
    public boolean running() {
      return pid.isPresent();
    }
  }

  /// Starts the processes that do not run, and waits until the desktop can be used.
  ///
  /// @throws OperationFailure SERVICE_UNAVAILABLE when programs are missing or do not start; then
  ///   nothing is left running
  public void start(RunningSandbox sandbox) throws IOException, InterruptedException {
    AgentClient agent = sandbox.agent();
    DesktopSettings settings = DesktopSettings.of(agent);
    if (known(agent).isEmpty()) {
      InstalledPrograms.check(sandbox);
    }
    for (DesktopProcess process : DesktopProcess.values()) {
      begin(agent, process, settings);
    }
    // Programs started from now on appear on the desktop.
    agent.changeEnvironment(settings.programEnvironment(), List.of(), "");
    environmentChanged.accept(sandbox);
    List<String> missing = await(sandbox, settings, List.of(DesktopProcess.values()));
    if (!missing.isEmpty()) {
      String details = errorTails(agent, missing);
      stop(sandbox);
      throw DesktopFailures.unavailable(
          "the desktop did not start: no " + String.join(", no ", missing),
          details,
          "look at the details, mend the cause and start again");
    }
  }

  private void begin(AgentClient agent, DesktopProcess process, DesktopSettings settings) {
    AgentProcesses processes = agent.processes();
    ProcessStatus known = processes.find(process.id()).orElse(null);
    if (known != null && known.running()) {
      return;
    }
    if (known != null) {
      processes.remove(process.id(), true);
    }
    try {
      var _ =
          processes.start(
              ProcessStart.of(
                      process.id(), List.of("/bin/sh", "-c", SCRIPT, "sandlot", process.wireName()))
                  .platform()
                  .environment(settings.environment())
                  .keepBytes(limits.logBytesMax())
                  .label("sandlot", "desktop"));
    } catch (AgentFailure failure) {
      if (failure.kind() != Kind.ALREADY_EXISTS) { // another start was quicker
        throw failure;
      }
    }
  }

  /// Waits until these processes are ready.
  ///
  /// @return the names of those that are not
  private List<String> await(
      RunningSandbox sandbox, DesktopSettings settings, List<DesktopProcess> expected)
      throws IOException, InterruptedException {
    Map<String, Object> ports = new LinkedHashMap<>();
    if (expected.contains(DesktopProcess.X11VNC)) {
      ports.put(DesktopProcess.X11VNC.wireName(), settings.vncPort());
    }
    if (expected.contains(DesktopProcess.NOVNC)) {
      ports.put(DesktopProcess.NOVNC.wireName(), settings.noVncPort());
    }
    Map<String, Object> question =
        Map.of(
            "ports",
            ports,
            "windows",
            expected.contains(DesktopProcess.XFCE4),
            "seconds",
            limits.startTime().toSeconds());
    JsonNode answer =
        program.call(sandbox, "ready", question, limits.startTime().plus(limits.callTime()));
    return Answers.texts(answer, "missing", DesktopProcess.values().length);
  }

  private String errorTails(AgentClient agent, List<String> missing) {
    StringBuilder tails = new StringBuilder();
    for (String name : missing) {
      String log =
          DesktopProcess.named(name)
              .flatMap(process -> agent.processes().find(process.id()))
              .map(status -> ProcessLogs.tail(agent.processes(), status, true, DETAILS_BYTES_MAX))
              .orElse("");
      tails.append(name).append(": ").append(log.isBlank() ? "said nothing" : log.strip());
      tails.append('\n');
    }
    return tails.toString().strip();
  }

  /// Ends the desktop; all windows close with the display.
  public void stop(RunningSandbox sandbox) {
    program.stop(sandbox);
    DesktopProcess[] processes = DesktopProcess.values();
    for (int index = processes.length - 1; index >= 0; index--) {
      sandbox.agent().processes().remove(processes[index].id(), true);
    }
  }

  /// Restarts a process, and waits until it is ready.
  public void restart(RunningSandbox sandbox, DesktopProcess process)
      throws IOException, InterruptedException {
    AgentClient agent = sandbox.agent();
    DesktopSettings settings = DesktopSettings.of(agent);
    agent.processes().remove(process.id(), true);
    begin(agent, process, settings);
    // The other processes need the display, and are restarted with it.
    List<DesktopProcess> expected =
        process == DesktopProcess.XVFB ? List.of(DesktopProcess.values()) : List.of(process);
    List<String> missing = await(sandbox, settings, expected);
    if (!missing.isEmpty()) {
      throw DesktopFailures.unavailable(
          process.wireName() + " did not come back",
          errorTails(agent, missing),
          "look at the details, or stop and start computer use");
    }
  }

  /// The states of the desktop's processes.
  ///
  /// @throws OperationFailure SERVICE_UNAVAILABLE when programs are missing
  public List<State> states(RunningSandbox sandbox) throws IOException, InterruptedException {
    AgentClient agent = sandbox.agent();
    Map<DesktopProcess, ProcessStatus> known = known(agent);
    if (known.isEmpty()) {
      InstalledPrograms.check(sandbox);
    }
    DesktopSettings settings = DesktopSettings.of(agent);
    List<State> states = new ArrayList<>();
    for (DesktopProcess process : DesktopProcess.values()) {
      ProcessStatus status = known.get(process);
      boolean listed = process.required() || (process == DesktopProcess.ATSPI && status != null);
      if (listed) {
        boolean alive = status != null && status.running();
        states.add(
            new State(
                process, alive ? readPid(agent, settings.pidFile(process)) : OptionalInt.empty()));
      }
    }
    return states;
  }

  private static Map<DesktopProcess, ProcessStatus> known(AgentClient agent) {
    Map<DesktopProcess, ProcessStatus> known = new LinkedHashMap<>();
    for (ProcessStatus status : agent.processes().list(Map.of("sandlot", "desktop"), false)) {
      for (DesktopProcess process : DesktopProcess.values()) {
        if (process.id().equals(status.id())) {
          known.put(process, status);
        }
      }
    }
    return known;
  }

  private static OptionalInt readPid(AgentClient agent, String file) throws IOException {
    try (ReadableFile opened = agent.files().read(file, 0, NUMBER_BYTES_MAX)) {
      String text = new String(opened.content().readNBytes(NUMBER_BYTES_MAX), US_ASCII).strip();
      return NUMBER.matcher(text).matches()
          ? OptionalInt.of(Integer.parseInt(text))
          : OptionalInt.empty();
    } catch (AgentFailure failure) {
      if (failure.kind() == Kind.NOT_FOUND) {
        return OptionalInt.empty(); // being restarted
      }
      throw failure;
    }
  }

  /// The end of a process's output.
  ///
  /// @param error of standard error, otherwise of standard output
  public String log(RunningSandbox sandbox, DesktopProcess process, boolean error)
      throws IOException, InterruptedException {
    AgentProcesses processes = sandbox.agent().processes();
    Optional<ProcessStatus> status = processes.find(process.id());
    if (status.isEmpty()) {
      InstalledPrograms.check(sandbox);
      return "";
    }
    return ProcessLogs.tail(processes, status.get(), error, limits.logBytesMax());
  }
}
