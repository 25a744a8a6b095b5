package dev.sandlot.toolbox.session;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.sandlot.agentclient.process.AgentProcesses;
import dev.sandlot.agentclient.process.OutputPiece;
import dev.sandlot.agentclient.process.OutputRequest;
import dev.sandlot.agentclient.process.ProcessOutput;
import dev.sandlot.toolbox.call.HostileText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// The list of a session's commands, as its shell writes it: which commands have begun in its own
/// streams, and with which status commands have ended. Programs of the sandbox can write there too,
/// so malformed lines are skipped.
///
/// @param started by id, in their order
/// @param ended status by id
record Ledger(Map<String, Started> started, Map<String, Integer> ended) {
  private static final Pattern STARTED =
      Pattern.compile("b/([0-9a-f-]{36})/([0-9]{1,18})/([0-9]{1,18})/([A-Za-z0-9+/=]*)");
  private static final Pattern ENDED = Pattern.compile("e/([0-9a-f-]{36})/([0-9]{1,3})");
  private static final int LINE_CHARACTERS_MAX = 4_200;
  private static final int STATUS_MAX = 255;
  private static final int UNKNOWN = -1;
  private static final long AWAIT_MILLIS = 2_000;

  /// More than the agent keeps of it; what an agent sends beyond is not read.
  private static final int BYTES_MAX = 5 << 20;

  /// A command that has begun in the shell's own streams.
  ///
  /// @param outputOffset in the shell's standard output; the command's output begins there or later
  /// @param errorOffset the same of standard error
  record Started(long outputOffset, long errorOffset, String text) {}

  OptionalInt status(String id) {
    Integer status = ended.get(id);
    return status == null ? OptionalInt.empty() : OptionalInt.of(status);
  }

  /// Reads the whole list.
  static Ledger read(AgentProcesses processes, String process) throws IOException {
    return read(processes, process, 0);
  }

  /// Reads the list from an offset on.
  static Ledger read(AgentProcesses processes, String process, long offset) throws IOException {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    try (ProcessOutput output = processes.read(process, OutputRequest.output(offset, false))) {
      for (Optional<OutputPiece> next = output.next();
          next.isPresent() && lines.size() < BYTES_MAX;
          next = output.next()) {
        byte[] bytes = new byte[next.get().data().remaining()];
        next.get().data().get(bytes);
        lines.writeBytes(bytes);
      }
    }
    return HostileText.read(lines.size(), () -> parse(lines.toString(ISO_8859_1)));
  }

  /// Waits for the status of a command that has ended, whose line may not be written yet.
  ///
  /// @param offset from which on the line is searched
  /// @return -1 when it does not come within two seconds
  static int await(AgentProcesses processes, String process, String id, long offset)
      throws IOException {
    try (ProcessOutput output = processes.read(process, OutputRequest.output(offset, true))) {
      Thread limit = Thread.ofVirtual().name("ledger-limit").start(() -> closeLater(output));
      OptionalInt status = follow(output, id);
      limit.interrupt();
      return status.orElse(UNKNOWN);
    }
  }

  /// Waits until a command has ended.
  ///
  /// @param offset from which on its line is searched
  /// @return its status; empty when the list has ended before
  static OptionalInt follow(AgentProcesses processes, String process, String id, long offset)
      throws IOException {
    try (ProcessOutput output = processes.read(process, OutputRequest.output(offset, true))) {
      return follow(output, id);
    }
  }

  private static OptionalInt follow(ProcessOutput output, String id) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (Optional<OutputPiece> next = output.next(); next.isPresent(); next = output.next()) {
      lines.append(ISO_8859_1.decode(next.get().data()));
      OptionalInt status = parse(lines.toString()).status(id);
      if (status.isPresent()) {
        return status;
      }
      lines.delete(0, lines.length() < BYTES_MAX ? lines.lastIndexOf("\n") + 1 : BYTES_MAX);
    }
    return OptionalInt.empty();
  }

  private static void closeLater(ProcessOutput output) {
    try {
      Thread.sleep(AWAIT_MILLIS);
      output.close();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  static Ledger parse(String lines) {
    Map<String, Started> started = new LinkedHashMap<>();
    Map<String, Integer> ended = new LinkedHashMap<>();
    lines
        .lines()
        .forEach(line -> {
          int marker = line.indexOf(ShellScript.LISTED);
          if (marker < 0 || line.length() > LINE_CHARACTERS_MAX) {
            return;
          }
          String name = line.substring(marker + ShellScript.LISTED.length());
          Matcher begin = STARTED.matcher(name);
          Matcher end = ENDED.matcher(name);
          if (begin.lookingAt()) {
            started.put(
                begin.group(1),
                new Started(
                    Long.parseLong(begin.group(2)),
                    Long.parseLong(begin.group(3)),
                    decoded(begin.group(4))));
          } else if (end.lookingAt() && Integer.parseInt(end.group(2)) <= STATUS_MAX) {
            ended.put(end.group(1), Integer.parseInt(end.group(2)));
          }
        });
    return new Ledger(started, ended);
  }

  private static String decoded(String text) {
    try {
      return new String(Base64.getDecoder().decode(text), UTF_8);
    } catch (IllegalArgumentException _) {
      return "";
    }
  }
}
