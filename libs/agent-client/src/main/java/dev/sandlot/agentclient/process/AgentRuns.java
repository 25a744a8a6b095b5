package dev.sandlot.agentclient.process;

import com.google.protobuf.UnsafeByteOperations;
import dev.sandlot.agent.v1.RunEvent;
import dev.sandlot.agent.v1.StartProcessRequest;
import dev.sandlot.agent.v1.Stream;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AgentLink;
import dev.sandlot.agentclient.process.RunOutcome.Ending;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Processes that end with the call that runs them. Thread-safe; calls block. Failed calls throw
/// {@link AgentFailure}. What each call does is said at `AgentClient`.
public final class AgentRuns {
  private static final Duration LOOK_INTERVAL = Duration.ofSeconds(1);

  private final AgentLink link;

  public AgentRuns(AgentLink link) {
    this.link = link;
  }

  /// Runs a process with its two outputs as one.
  public RunOutcome run(ProcessRequest request, OutputSink sink)
      throws IOException, InterruptedException {
    return run(start(request).setMergeOutput(true), new RunSinks(sink, sink, () -> false));
  }

  /// Runs a process with its two outputs apart.
  public RunOutcome run(ProcessRequest request, RunSinks sinks)
      throws IOException, InterruptedException {
    return run(start(request), sinks);
  }

  /// Runs one of the platform's own programs with its two outputs apart.
  public RunOutcome runPlatform(ProcessRequest request, RunSinks sinks)
      throws IOException, InterruptedException {
    return run(start(request).setPlatform(true), sinks);
  }

  /// Runs one of the platform's own programs with its two outputs as one.
  public RunOutcome runPlatform(ProcessRequest request, OutputSink sink)
      throws IOException, InterruptedException {
    StartProcessRequest.Builder start = start(request).setPlatform(true).setMergeOutput(true);
    return run(start, new RunSinks(sink, sink, () -> false));
  }

  /// Starts a process that waits for its input.
  public HeldRun hold(List<String> command, int inputDescriptor) throws InterruptedException {
    return HeldRun.start(link, command, inputDescriptor);
  }

  private static StartProcessRequest.Builder start(ProcessRequest request) {
    return StartProcessRequest.newBuilder()
        .addAllCommand(request.command())
        .setInput(UnsafeByteOperations.unsafeWrap(request.input()))
        .setInputDescriptor(request.inputDescriptor())
        .putAllEnvironment(request.environment())
        .setWorkingDirectory(request.workingDirectory())
        .setTimeoutMs(request.timeLimit().toMillis());
  }

  private RunOutcome run(StartProcessRequest.Builder start, RunSinks sinks)
      throws IOException, InterruptedException {
    BlockingClientCall<?, RunEvent> call = link.stub().run(start.build());
    boolean ended = false;
    try {
      RunOutcome outcome = follow(call, sinks);
      ended = true;
      return outcome;
    } catch (StatusException e) {
      ended = true;
      throw AgentLink.failure(e);
    } finally {
      if (!ended) {
        call.cancel("the run is abandoned", null);
      }
    }
  }

  /// Passes on what a process writes until it has ended.
  static RunOutcome follow(BlockingClientCall<?, RunEvent> call, RunSinks sinks)
      throws IOException, InterruptedException, StatusException {
    while (true) {
      RunEvent event;
      try {
        event = call.read(LOOK_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException _) {
        if (sinks.abandoned().getAsBoolean()) {
          throw new RunAbandoned();
        }
        continue;
      }
      if (event == null) {
        throw AgentLink.broken("a run without an end");
      }
      switch (event.getEventCase()) {
        case OUTPUT -> {
          boolean error = event.getOutput().getStream() == Stream.STREAM_STDERR;
          OutputSink sink = error ? sinks.error() : sinks.output();
          sink.write(event.getOutput().getData().asReadOnlyByteBuffer());
        }
        case EXITED -> {
          return exited(ProcessStatus.end(event.getExited()));
        }
        case START_FAILED -> {
          return new RunOutcome.NotStarted(AgentLink.printable(event.getStartFailed()));
        }
        case STARTED, EVENT_NOT_SET -> {
          // A newer agent may send events that we do not know.
        }
      }
    }
  }

  private static RunOutcome exited(ProcessEnd end) {
    Ending ending = end.signal() == 0 ? Ending.EXIT : Ending.SIGNAL;
    if (end.timedOut()) {
      ending = Ending.TIME_LIMIT;
    } else if (end.outOfMemory()) {
      ending = Ending.OUT_OF_MEMORY;
    }
    return new RunOutcome.Exited(end.code(), ending, end.signal());
  }
}
