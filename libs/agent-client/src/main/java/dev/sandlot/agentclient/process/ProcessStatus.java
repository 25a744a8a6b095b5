package dev.sandlot.agentclient.process;

import com.google.re2j.Pattern;
import dev.sandlot.agent.v1.Exit;
import dev.sandlot.agent.v1.Process;
import dev.sandlot.agent.v1.Terminal;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AgentLink;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// What is known of a process that was started, running or not.
///
/// @param id by which it was started
/// @param pid its number inside the sandbox, also that of its group
/// @param command the beginning of it; long ones are cut
/// @param end empty while it runs
/// @param outputBytes written so far to standard output or the terminal, dropped ones included
/// @param errorBytes written so far to standard error, dropped ones included
/// @param terminal empty when it has none
/// @param inputWaiting bytes that were written to its input and that it has not read; empty when
///   that is not known
public record ProcessStatus(
    String id,
    int pid,
    List<String> command,
    Map<String, String> labels,
    Instant startedAt,
    Optional<ProcessEnd> end,
    long outputBytes,
    long errorBytes,
    Optional<TerminalSize> terminal,
    OptionalLong inputWaiting) {
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_.:-]{1,128}");
  private static final int COMMAND_ITEMS_MAX = 4_096;
  private static final int COMMAND_CHARACTERS_MAX = 8_192;
  private static final int LABELS_MAX = 32;
  private static final int LABEL_KEY_CHARACTERS_MAX = 64;
  private static final int LABEL_VALUE_CHARACTERS_MAX = 4_096;
  private static final int EXIT_CODE_MAX = 255;
  private static final int SIGNAL_MAX = 64;

  public ProcessStatus {
    command = List.copyOf(command);
    labels = Map.copyOf(labels);
  }

  public boolean running() {
    return end.isEmpty();
  }

  /// A label; empty text when it has none of that name.
  public String label(String name) {
    return labels.getOrDefault(name, "");
  }

  /// A process, from the agent's answer.
  ///
  /// @throws AgentFailure when no process can be so
  public static ProcessStatus of(Process process) {
    if (!ID.matcher(process.getId()).matches()) {
      throw AgentLink.broken("a process without a sound id");
    }
    if (process.getStdoutBytes() < 0 || process.getStderrBytes() < 0 || process.getPid() < 0) {
      throw AgentLink.broken("a process with negative figures");
    }
    int characters = process.getCommandList().stream().mapToInt(String::length).sum();
    if (process.getCommandCount() > COMMAND_ITEMS_MAX || characters > COMMAND_CHARACTERS_MAX) {
      throw AgentLink.broken("a process with an endless command");
    }
    return new ProcessStatus(
        process.getId(),
        process.getPid(),
        process.getCommandList(),
        labels(process.getLabelsMap()),
        Instant.ofEpochMilli(process.getStartedAtMs()),
        process.getRunning() ? Optional.empty() : Optional.of(end(process.getExit())),
        process.getStdoutBytes(),
        process.getStderrBytes(),
        process.hasTerminal() ? Optional.of(terminal(process.getTerminal())) : Optional.empty(),
        process.hasInputWaitingBytes()
            ? OptionalLong.of(process.getInputWaitingBytes())
            : OptionalLong.empty());
  }

  private static Map<String, String> labels(Map<String, String> labels) {
    if (labels.size() > LABELS_MAX) {
      throw AgentLink.broken("a process with " + labels.size() + " labels");
    }
    labels.forEach((key, value) -> {
      if (key.length() > LABEL_KEY_CHARACTERS_MAX || value.length() > LABEL_VALUE_CHARACTERS_MAX) {
        throw AgentLink.broken("a process with an endless label");
      }
    });
    return labels;
  }

  /// How a process ended, from the agent's answer.
  ///
  /// @throws AgentFailure when no process can end so
  public static ProcessEnd end(Exit exit) {
    int code = exit.getCode();
    int signal = exit.getSignal();
    if (code < -1 || code > EXIT_CODE_MAX || signal < 0 || signal > SIGNAL_MAX) {
      throw AgentLink.broken("exit code " + code + " and signal " + signal);
    }
    return new ProcessEnd(
        code,
        signal,
        exit.getTimedOut(),
        exit.getOutOfMemory(),
        Instant.ofEpochMilli(exit.getEndedAtMs()));
  }

  private static TerminalSize terminal(Terminal terminal) {
    try {
      return new TerminalSize(terminal.getColumns(), terminal.getRows());
    } catch (IllegalArgumentException _) {
      throw AgentLink.broken("a terminal of impossible size");
    }
  }
}
