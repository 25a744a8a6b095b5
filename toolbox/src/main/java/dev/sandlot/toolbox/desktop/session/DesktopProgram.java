package dev.sandlot.toolbox.desktop.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AgentFailure.Kind;
import dev.sandlot.agentclient.process.AgentProcesses;
import dev.sandlot.agentclient.process.OutputRequest;
import dev.sandlot.agentclient.process.ProcessOutput;
import dev.sandlot.agentclient.process.ProcessStart;
import dev.sandlot.agentclient.process.ProcessStatus;
import dev.sandlot.http.Json;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/// Calls our program inside a sandbox that controls its screen, mouse and keyboard. It is started
/// on demand and keeps no state. Thread-safe.
public final class DesktopProgram {
  private static final String ID = "sandlot-desktop-program";
  private static final String VERSION_LABEL = "version";
  private static final int ERROR_TAIL_BYTES = 4_000;
  private static final byte[] SOURCE =
      source("screen.py", "hands.py", "accessibility.py", "program.py");
  private static final String VERSION = digest(SOURCE);

  /// Reads the program from standard input, where the calls follow it: no file is left in the
  /// sandbox, and the command line is short.
  private static final List<String> COMMAND =
      List.of(
          "/usr/bin/python3",
          "-I",
          "-c",
          "import sys; exec(compile(sys.stdin.buffer.read("
              + SOURCE.length
              + "), 'sandlot-desktop', 'exec'))");

  private final DesktopLimits limits;

  public DesktopProgram(DesktopLimits limits) {
    this.limits = limits;
  }

  /// Calls a function of the program.
  ///
  /// @param call its name in program.py
  /// @return the result, which is untrusted
  /// @throws OperationFailure when the call failed
  public JsonNode call(RunningSandbox sandbox, String call, Map<String, Object> arguments)
      throws IOException, InterruptedException {
    return call(sandbox, call, arguments, limits.callTime());
  }

  /// @param limit after which the program is killed
  public JsonNode call(
      RunningSandbox sandbox, String call, Map<String, Object> arguments, Duration limit)
      throws IOException, InterruptedException {
    AgentProcesses processes = sandbox.agent().processes();
    ProcessStatus program = running(sandbox);
    String id = UUID.randomUUID().toString();
    byte[] line = Json.bytes(Map.of("id", id, "call", call, "args", arguments));
    byte[] request = new byte[line.length + 1];
    System.arraycopy(line, 0, request, 0, line.length);
    request[line.length] = '\n';
    try (ProcessOutput output =
        processes.read(ID, OutputRequest.output(program.outputBytes(), true))) {
      processes.write(ID, request);
      ProgramAnswer answer = new ProgramAnswer(output, id, limits.answerBytesMax());
      return awaitAnswer(limit, output, answer, processes);
    } catch (AgentFailure failure) {
      if (failure.kind() == Kind.NOT_FOUND || failure.is("EPIPE")) {
        throw ended(processes);
      }
      throw failure;
    }
  }

  /// Waits for the answer. A program that does not answer in time is killed, so that the next call
  /// starts a fresh one.
  private static JsonNode awaitAnswer(
      Duration limit, ProcessOutput output, ProgramAnswer answer, AgentProcesses processes)
      throws IOException, InterruptedException {
    Thread timeout =
        Thread.ofVirtual()
            .start(() -> {
              try {
                Thread.sleep(limit);
                output.close();
              } catch (InterruptedException _) {
                // The answer has come.
              }
            });
    try {
      JsonNode line = answer.await().orElse(null);
      if (line != null) {
        return result(line);
      }
    } finally {
      timeout.interrupt();
      timeout.join();
    }
    if (processes.find(ID).filter(ProcessStatus::running).isEmpty()) {
      throw ended(processes);
    }
    processes.remove(ID, true);
    throw new OperationFailure(
        ErrorCode.GATEWAY_TIMEOUT, "the desktop did not do it within " + limit.toSeconds() + " s");
  }

  private static JsonNode result(JsonNode line) {
    JsonNode failure = line.path("failure");
    if (!failure.isObject()) {
      return line.path("result");
    }
    String message = Answers.text(failure, "message");
    throw switch (Answers.text(failure, "kind")) {
      case "invalid" -> DesktopFailures.badRequest(message);
      case "no_display" -> DesktopFailures.notRunning(message);
      case "unavailable" -> new OperationFailure(ErrorCode.A11Y_UNAVAILABLE, message);
      case "not_found" -> new OperationFailure(ErrorCode.A11Y_NODE_NOT_FOUND, message);
      case "no_root" -> new OperationFailure(ErrorCode.A11Y_NO_ACCESSIBLE_ROOT, message);
      case "unsupported" -> new OperationFailure(ErrorCode.A11Y_ACTION_NOT_SUPPORTED, message);
      default ->
          new OperationFailure(ErrorCode.INTERNAL_SERVER_ERROR, "the desktop failed: " + message);
    };
  }

  private static OperationFailure ended(AgentProcesses processes) {
    String last =
        processes
            .find(ID)
            .map(status -> ProcessLogs.tail(processes, status, true, ERROR_TAIL_BYTES))
            .orElse("");
    processes.remove(ID, true);
    return DesktopFailures.unavailable(
        "the desktop's program in the sandbox has ended",
        last.isBlank() ? "somebody ended it" : last.strip(),
        "try again; it is started anew");
  }

  /// The program, started if it does not run or is of another build.
  private ProcessStatus running(RunningSandbox sandbox) throws IOException, InterruptedException {
    AgentProcesses processes = sandbox.agent().processes();
    ProcessStatus known = processes.find(ID).orElse(null);
    if (known != null && known.running() && known.label(VERSION_LABEL).equals(VERSION)) {
      return known;
    }
    if (known == null) {
      InstalledPrograms.check(sandbox);
    } else {
      processes.remove(ID, true);
    }
    return start(sandbox, DesktopSettings.of(sandbox.agent()));
  }

  private ProcessStatus start(RunningSandbox sandbox, DesktopSettings settings) {
    AgentProcesses processes = sandbox.agent().processes();
    try {
      return processes.start(
          ProcessStart.of(ID, COMMAND)
              .platform()
              .input(SOURCE)
              .keepInputOpen()
              .environment(settings.programEnvironment())
              .workingDirectory("/")
              .keepBytes(limits.keptBytesMax())
              .label(VERSION_LABEL, VERSION));
    } catch (AgentFailure failure) {
      if (failure.kind() == Kind.ALREADY_EXISTS) {
        return processes.get(ID); // another call was quicker
      }
      throw failure;
    }
  }

  /// Ends the program.
  void stop(RunningSandbox sandbox) {
    sandbox.agent().processes().remove(ID, true);
  }

  private static byte[] source(String... names) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (String name : names) {
      joined.writeBytes(resource(name));
      joined.write('\n');
    }
    return joined.toByteArray();
  }

  /// A file of this package that is sent into sandboxes.
  static byte[] resource(String name) {
    try (InputStream in = DesktopProgram.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the build lacks " + name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String digest(byte[] bytes) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
      return HexFormat.of().formatHex(hash, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /// A script of this package that is sent into sandboxes.
  static String script(String name) {
    return new String(resource(name), UTF_8);
  }
}
