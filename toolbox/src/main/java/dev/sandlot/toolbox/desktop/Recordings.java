package dev.sandlot.toolbox.desktop;

import dev.sandlot.agentclient.AgentClient;
import dev.sandlot.agentclient.files.FileStatus;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AgentFailure.Kind;
import dev.sandlot.agentclient.process.AgentProcesses;
import dev.sandlot.agentclient.process.AgentProcesses.Family;
import dev.sandlot.agentclient.process.ProcessStart;
import dev.sandlot.agentclient.process.ProcessStatus;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.desktop.session.DesktopFailures;
import dev.sandlot.toolbox.desktop.session.DesktopLimits;
import dev.sandlot.toolbox.desktop.session.DesktopSettings;
import dev.sandlot.toolbox.desktop.session.ProcessLogs;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;

/// The recordings of a sandbox's screen: agent processes while they run, files afterwards.
final class Recordings {
  private static final String LABEL = "sandlot";
  private static final String KIND = "recording";
  private static final String FILE_LABEL = "file";
  private static final String ID_PREFIX = "sandlot-recording-";
  private static final int INTERRUPT = 2;
  private static final int ERROR_BYTES_MAX = 2_000;
  private static final int FOLDER_PERMISSIONS = 0755;
  private static final int FOLDER_CHARACTERS_MAX = 3_000;
  private static final Duration START_TIME = Duration.ofSeconds(10);
  private static final Duration START_PAUSE = Duration.ofMillis(20);
  private static final DateTimeFormatter NAME_TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd_HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final DesktopLimits limits;

  Recordings(DesktopLimits limits) {
    this.limits = limits;
  }

  /// Starts a recording; returns when it is running.
  ///
  /// @param label part of the file's name, checked
  Recording start(RunningSandbox sandbox, String label) throws IOException, InterruptedException {
    AgentClient agent = sandbox.agent();
    Map<String, String> environment = agent.changeEnvironment(Map.of(), List.of(), "");
    String folder = folder(sandbox, environment);
    agent.files().makeDirectory(folder, FOLDER_PERMISSIONS);
    String id = UUID.randomUUID().toString();
    String name = id + "_" + label + "_" + NAME_TIME.format(Instant.now()) + ".mp4";
    ProcessStart start =
        ProcessStart.of(
                ID_PREFIX + id,
                command(DesktopSettings.of(environment).display(), folder + "/" + name))
            .platform()
            .keepBytes(limits.logBytesMax())
            .label(LABEL, KIND)
            .label(FILE_LABEL, folder + "/" + name);
    ProcessStatus process;
    try {
      process = agent.processes().start(start);
    } catch (AgentFailure failure) {
      if (failure.kind() == Kind.NOT_FOUND) {
        throw new OperationFailure(
            ErrorCode.RECORDING_FFMPEG_NOT_FOUND,
            "the sandbox has no ffmpeg; create it from the snapshot sandlot/desktop, or install"
                + " ffmpeg",
            Map.of("error", "ffmpeg_not_found"));
      }
      throw failure;
    }
    awaitFile(agent, process, folder + "/" + name);
    return Recording.active(id, folder + "/" + name, process.startedAt(), Instant.now());
  }

  private static List<String> command(String display, String file) {
    // Odd sizes are padded: H.264 with yuv420p needs even ones.
    return List.of(
        "ffmpeg",
        "-hide_banner",
        "-nostdin",
        "-nostats",
        "-loglevel",
        "warning",
        "-f",
        "x11grab",
        "-framerate",
        "30",
        "-draw_mouse",
        "1",
        "-i",
        display,
        "-vf",
        "pad=ceil(iw/2)*2:ceil(ih/2)*2",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p",
        "file:" + file);
  }

  /// Waits for the file, which ffmpeg creates once it has opened the display.
  private void awaitFile(AgentClient agent, ProcessStatus process, String file)
      throws InterruptedException {
    Instant deadline = Instant.now().plus(START_TIME);
    while (status(agent, file).isEmpty()) {
      boolean running =
          agent.processes().find(process.id()).filter(ProcessStatus::running).isPresent();
      if (!running || Instant.now().isAfter(deadline)) {
        String reason =
            agent
                .processes()
                .find(process.id())
                .map(known -> ProcessLogs.tail(agent.processes(), known, true, ERROR_BYTES_MAX))
                .orElse("");
        agent.processes().remove(process.id(), true);
        throw DesktopFailures.unavailable(
            "the recording did not start",
            reason.isBlank() ? "ffmpeg said nothing" : reason.strip(),
            "start computer use first: /computeruse/start");
      }
      Thread.sleep(START_PAUSE);
    }
  }

  private static Optional<FileStatus> status(AgentClient agent, String file) {
    try {
      return Optional.of(agent.files().status(file));
    } catch (AgentFailure failure) {
      if (failure.kind() == Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw failure;
    }
  }

  /// Ends a recording and waits until its file is complete; empty when none of this id is active.
  Optional<Recording> stop(RunningSandbox sandbox, String id) {
    return active(sandbox.agent(), id).map(process -> stop(sandbox.agent(), id, process));
  }

  /// Ends all active recordings.
  void stopAll(RunningSandbox sandbox) {
    for (ProcessStatus process : processes(sandbox.agent())) {
      if (process.running()) {
        var _ = stop(sandbox.agent(), id(process), process);
      }
    }
  }

  private Recording stop(AgentClient agent, String id, ProcessStatus process) {
    AgentProcesses processes = agent.processes();
    try {
      processes.signal(process.id(), INTERRUPT, Family.PROCESS);
    } catch (AgentFailure failure) {
      if (!failure.is("ESRCH") && failure.kind() != Kind.NOT_FOUND) {
        throw failure;
      }
    }
    boolean inTime = processes.await(process.id(), limits.recordingStopTime()).isPresent();
    processes.remove(process.id(), true);
    OptionalLong size = size(agent, process.label(FILE_LABEL));
    return Recording.ended(
        id,
        process.label(FILE_LABEL),
        process.startedAt(),
        Instant.now(),
        inTime && size.orElse(0) > 0,
        size);
  }

  private static OptionalLong size(AgentClient agent, String file) {
    return status(agent, file)
        .map(found -> OptionalLong.of(found.size()))
        .orElse(OptionalLong.empty());
  }

  private static Optional<ProcessStatus> active(AgentClient agent, String id) {
    return processes(agent).stream()
        .filter(process -> process.running() && id(process).equals(id))
        .findFirst();
  }

  private static List<ProcessStatus> processes(AgentClient agent) {
    return agent.processes().list(Map.of(LABEL, KIND), false).stream()
        .filter(process ->
            process.id().startsWith(ID_PREFIX) && Recording.isFile(process.label(FILE_LABEL)))
        .toList();
  }

  private static String id(ProcessStatus process) {
    return process.id().substring(ID_PREFIX.length());
  }

  /// The active and failed recordings, and every video in the folder.
  List<Recording> list(RunningSandbox sandbox) throws IOException, InterruptedException {
    AgentClient agent = sandbox.agent();
    List<Recording> recordings = new ArrayList<>();
    Set<String> files = new HashSet<>();
    for (ProcessStatus process : processes(agent)) {
      String file = process.label(FILE_LABEL);
      files.add(file);
      recordings.add(
          process.running()
              ? Recording.active(id(process), file, process.startedAt(), Instant.now())
              : Recording.ended(
                  id(process),
                  file,
                  process.startedAt(),
                  process.end().orElseThrow().at(),
                  false,
                  size(agent, file)));
    }
    for (FileStatus file : videos(sandbox)) {
      if (files.add(file.path())) {
        recordings.add(Recording.found(file));
      }
    }
    return recordings;
  }

  private List<FileStatus> videos(RunningSandbox sandbox) throws IOException, InterruptedException {
    AgentClient agent = sandbox.agent();
    String folder = folder(sandbox, agent.changeEnvironment(Map.of(), List.of(), ""));
    try {
      return agent.files().list(folder, 1).stream()
          .filter(file -> !file.directory() && Recording.isFile(file.path()))
          .toList();
    } catch (AgentFailure failure) {
      if (failure.kind() == Kind.NOT_FOUND) {
        return List.of();
      }
      throw failure;
    }
  }

  /// A recording of the list.
  ///
  /// @throws OperationFailure NOT_FOUND when there is none of this id
  Recording get(RunningSandbox sandbox, String id) throws IOException, InterruptedException {
    return list(sandbox).stream()
        .filter(recording -> recording.id().equals(id))
        .findFirst()
        .orElseThrow(() ->
            new OperationFailure(ErrorCode.NOT_FOUND, "not found: there is no recording " + id));
  }

  /// Removes a recording's file and process.
  ///
  /// @throws OperationFailure CONFLICT while it is active
  void delete(RunningSandbox sandbox, String id) throws IOException, InterruptedException {
    Recording recording = get(sandbox, id);
    if (recording.state() == Recording.State.RECORDING) {
      throw new OperationFailure(
          ErrorCode.RECORDING_STILL_ACTIVE,
          "conflict: the recording is still active; stop it first");
    }
    AgentClient agent = sandbox.agent();
    agent.processes().remove(ID_PREFIX + id, true);
    try {
      agent.files().remove(recording.path(), false);
    } catch (AgentFailure failure) {
      if (failure.kind() != Kind.NOT_FOUND) { // a failed one may have none
        throw failure;
      }
    }
  }

  private static String folder(RunningSandbox sandbox, Map<String, String> environment)
      throws IOException, InterruptedException {
    String folder = environment.getOrDefault("DAYTONA_RECORDINGS_DIR", "");
    if (folder.isEmpty()) {
      return sandbox.account().home() + "/.daytona/recordings";
    }
    if (!folder.startsWith("/") || folder.length() > FOLDER_CHARACTERS_MAX) {
      throw DesktopFailures.badRequest(
          "the sandbox's variable DAYTONA_RECORDINGS_DIR must be an absolute path");
    }
    return folder.endsWith("/") ? folder.substring(0, folder.length() - 1) : folder;
  }
}
