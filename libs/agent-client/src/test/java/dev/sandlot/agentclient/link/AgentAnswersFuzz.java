package dev.sandlot.agentclient.link;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.sandlot.agent.v1.ConfigureResponse;
import dev.sandlot.agent.v1.Exit;
import dev.sandlot.agent.v1.FileStat;
import dev.sandlot.agent.v1.ListDirectoryResponse;
import dev.sandlot.agent.v1.ListProcessesResponse;
import dev.sandlot.agent.v1.Process;
import dev.sandlot.agent.v1.RunEvent;
import dev.sandlot.agentclient.Account;
import dev.sandlot.agentclient.files.FileStatus;
import dev.sandlot.agentclient.process.ProcessEnd;
import dev.sandlot.agentclient.process.ProcessStatus;
import java.io.IOException;
import java.util.Arrays;

/// What an agent answers: refused, or turned into what the runner may rely on.
final class AgentAnswersFuzz {
  private static final int KINDS = 6;

  private AgentAnswersFuzz() {}

  /// Called by the fuzzer: the first byte chooses the message.
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return;
    }
    byte[] message = Arrays.copyOfRange(input, 1, input.length);
    try {
      read((input[0] & 0xff) % KINDS, message);
    } catch (InvalidProtocolBufferException | AgentFailure _) {
      // Refused.
    } catch (IOException e) {
      throw new AssertionError("bytes in memory can be read", e);
    }
  }

  private static void read(int kind, byte[] message) throws IOException {
    switch (kind) {
      case 0 -> status(ListProcessesResponse.parseFrom(message));
      case 1 -> ProcessStatus.of(Process.parseFrom(message));
      case 2 -> {
        FileStatus file = FileStatus.of(FileStat.parseFrom(message));
        require(file.size() >= 0 && file.path().indexOf('\0') < 0, "a sound file");
      }
      case 3 -> ListDirectoryResponse.parseFrom(message).getEntriesList().forEach(FileStatus::of);
      case 4 -> {
        ConfigureResponse answer = ConfigureResponse.parseFrom(message);
        new Account(answer.getHome(), answer.getWorkingDirectory(), answer.getShell());
      }
      default -> event(RunEvent.parseFrom(message));
    }
  }

  private static void status(ListProcessesResponse answer) throws IOException {
    byte[] bytes = answer.toByteArray();
    long cost = MessageCost.of(ListProcessesResponse.getDescriptor(), bytes);
    require(cost > bytes.length, "a message takes more than its bytes");
    require(cost > 160L * answer.getProcessesCount(), "each process is counted");
    answer.getProcessesList().forEach(ProcessStatus::of);
  }

  private static void event(RunEvent event) {
    String message = AgentLink.printable(event.getStartFailed());
    require(message.chars().noneMatch(letter -> letter < ' '), "no control characters");
    ProcessEnd end =
        ProcessStatus.end(event.hasExited() ? event.getExited() : Exit.getDefaultInstance());
    require(end.code() >= -1 && end.code() <= 255, "a code that a process can have");
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }
}
