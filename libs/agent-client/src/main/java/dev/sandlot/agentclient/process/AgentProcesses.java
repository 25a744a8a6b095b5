package dev.sandlot.agentclient.process;

import com.google.protobuf.UnsafeByteOperations;
import dev.sandlot.agent.v1.GetProcessRequest;
import dev.sandlot.agent.v1.LabelProcessRequest;
import dev.sandlot.agent.v1.ListProcessesRequest;
import dev.sandlot.agent.v1.Process;
import dev.sandlot.agent.v1.ReadOutputRequest;
import dev.sandlot.agent.v1.RemoveProcessRequest;
import dev.sandlot.agent.v1.ResizeTerminalRequest;
import dev.sandlot.agent.v1.SignalProcessRequest;
import dev.sandlot.agent.v1.Stream;
import dev.sandlot.agent.v1.Terminal;
import dev.sandlot.agent.v1.WaitProcessRequest;
import dev.sandlot.agent.v1.WriteInputRequest;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AgentFailure.Kind;
import dev.sandlot.agentclient.link.AgentLink;
import io.grpc.StatusException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The processes that a sandbox's agent keeps, with their output and labels: they live on when the
/// link breaks and when the runner restarts. Thread-safe; failed calls throw {@link AgentFailure},
/// those about an unknown process with NOT_FOUND.
public final class AgentProcesses {
  /// How much one {@link #write} takes.
  public static final int INPUT_BYTES_MAX = 1 << 20;

  private static final Duration CALL_MAX = Duration.ofSeconds(30);

  /// A process that does not read its input may be slow, and the next one waits behind it.
  private static final Duration WRITE_MAX = Duration.ofSeconds(30);

  private static final int PROCESSES_MAX = 10_000;

  private final AgentLink link;

  public AgentProcesses(AgentLink link) {
    this.link = link;
  }

  /// Whom a signal reaches.
  public enum Family {
    /// The process group it was started as.
    GROUP,
    /// It alone.
    PROCESS,
    /// It and all that descends from it, whatever these have left since.
    DESCENDANTS
  }

  /// Starts a process. It belongs to the agent, not to the caller.
  ///
  /// @throws AgentFailure ALREADY_EXISTS when the id is taken; with the system's error when the
  ///   program cannot be executed
  public ProcessStatus start(ProcessStart start) {
    return ProcessStatus.of(link.ask(CALL_MAX, agent -> agent.startProcess(start.request())));
  }

  /// Those that carry all of these labels, by their start.
  public List<ProcessStatus> list(Map<String, String> labels, boolean runningOnly) {
    ListProcessesRequest request =
        ListProcessesRequest.newBuilder().putAllLabels(labels).setRunningOnly(runningOnly).build();
    List<Process> processes =
        link.ask(CALL_MAX, agent -> agent.listProcesses(request)).getProcessesList();
    if (processes.size() > PROCESSES_MAX) {
      throw AgentLink.broken(processes.size() + " processes");
    }
    return processes.stream().map(ProcessStatus::of).toList();
  }

  public ProcessStatus get(String id) {
    GetProcessRequest request = GetProcessRequest.newBuilder().setId(id).build();
    return ProcessStatus.of(link.ask(CALL_MAX, agent -> agent.getProcess(request)));
  }

  /// What {@link #get} answers, empty for an unknown one.
  public Optional<ProcessStatus> find(String id) {
    try {
      return Optional.of(get(id));
    } catch (AgentFailure failure) {
      if (failure.kind() == Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw failure;
    }
  }

  /// Waits until a process has ended. An interrupt ends the wait with ABORTED.
  ///
  /// @param limit zero for none
  /// @return empty when it still runs after that
  public Optional<ProcessStatus> await(String id, Duration limit) {
    WaitProcessRequest request =
        WaitProcessRequest.newBuilder().setId(id).setTimeoutMs(limit.toMillis()).build();
    try {
      return Optional.of(ProcessStatus.of(link.stub().waitProcess(request)));
    } catch (StatusException e) {
      AgentFailure failure = AgentLink.failure(e);
      if (failure.kind() == Kind.DEADLINE_EXCEEDED) {
        return Optional.empty();
      }
      throw failure;
    }
  }

  /// Sends a signal.
  ///
  /// @throws AgentFailure ESRCH when no process is left to get it
  public void signal(String id, int signal, Family family) {
    SignalProcessRequest request =
        SignalProcessRequest.newBuilder()
            .setId(id)
            .setSignal(signal)
            .setTarget(
                switch (family) {
                  case GROUP -> SignalProcessRequest.Target.TARGET_GROUP;
                  case PROCESS -> SignalProcessRequest.Target.TARGET_PROCESS;
                  case DESCENDANTS -> SignalProcessRequest.Target.TARGET_DESCENDANTS;
                })
            .build();
    var _ = link.ask(CALL_MAX, agent -> agent.signalProcess(request));
  }

  /// Writes to a process's input or terminal, whole with respect to other callers. Waits while the
  /// process does not read.
  ///
  /// @param data at most {@link #INPUT_BYTES_MAX}
  /// @throws AgentFailure EPIPE when its input is closed, DEADLINE_EXCEEDED when it does not read;
  ///   then the rest is written when it does
  public void write(String id, byte[] data) {
    send(WriteInputRequest.newBuilder().setId(id), data);
  }

  /// Ends a process's input; on a terminal, as Ctrl+D does.
  public void closeInput(String id) {
    send(WriteInputRequest.newBuilder().setId(id).setClose(true), new byte[0]);
  }

  private void send(WriteInputRequest.Builder request, byte[] data) {
    if (data.length > INPUT_BYTES_MAX) {
      throw new IllegalArgumentException("one input is at most " + INPUT_BYTES_MAX + " bytes");
    }
    request.setData(UnsafeByteOperations.unsafeWrap(data));
    var _ = link.ask(WRITE_MAX, agent -> agent.writeInput(request.build()));
  }

  /// Opens a process's output. The first piece may be a failure: ABORTED for an offset beyond the
  /// end.
  public ProcessOutput read(String id, OutputRequest wanted) {
    Stream stream =
        wanted.output() && wanted.error()
            ? Stream.STREAM_UNSPECIFIED
            : wanted.error() ? Stream.STREAM_STDERR : Stream.STREAM_STDOUT;
    ReadOutputRequest request =
        ReadOutputRequest.newBuilder()
            .setId(id)
            .setStream(stream)
            .setStdoutOffset(wanted.outputOffset())
            .setStderrOffset(wanted.errorOffset())
            .setFollow(wanted.follow())
            .build();
    return new ProcessOutput(link.stub().readOutput(request));
  }

  /// Gives a process's terminal another size.
  ///
  /// @throws AgentFailure INVALID_ARGUMENT when it has none or has ended
  public void resize(String id, TerminalSize size) {
    ResizeTerminalRequest request =
        ResizeTerminalRequest.newBuilder().setId(id).setTerminal(message(size)).build();
    var _ = link.ask(CALL_MAX, agent -> agent.resizeTerminal(request));
  }

  /// Adds labels, replacing those of the same name; an empty value removes one.
  public ProcessStatus label(String id, Map<String, String> labels) {
    LabelProcessRequest request =
        LabelProcessRequest.newBuilder().setId(id).putAllLabels(labels).build();
    return ProcessStatus.of(link.ask(CALL_MAX, agent -> agent.labelProcess(request)));
  }

  /// Forgets a process and its output. One that is unknown is no failure.
  ///
  /// @param kill ends it and all that descends from it first; otherwise it must have ended
  public void remove(String id, boolean kill) {
    RemoveProcessRequest request =
        RemoveProcessRequest.newBuilder().setId(id).setKill(kill).build();
    try {
      var _ = link.ask(CALL_MAX, agent -> agent.removeProcess(request));
    } catch (AgentFailure failure) {
      if (failure.kind() != Kind.NOT_FOUND) {
        throw failure;
      }
    }
  }

  static Terminal message(TerminalSize size) {
    return Terminal.newBuilder().setColumns(size.columns()).setRows(size.rows()).build();
  }
}
