package dev.sandlot.agentclient.process;

import com.google.protobuf.UnsafeByteOperations;
import dev.sandlot.agent.v1.RunEvent;
import dev.sandlot.agent.v1.SignalProcessRequest;
import dev.sandlot.agent.v1.StartProcessRequest;
import dev.sandlot.agent.v1.WriteInputRequest;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AgentLink;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A process that was started before it is needed: it waits for its input, and {@link #finish}
/// gives it that. It is killed when this is closed and when the link breaks. One thread uses it at
/// a time; failed calls throw {@link AgentFailure}.
public final class HeldRun implements AutoCloseable {
  /// How much input {@link #finish} takes.
  public static final int INPUT_BYTES_MAX = AgentProcesses.INPUT_BYTES_MAX;

  private static final Duration START_MAX = Duration.ofSeconds(10);
  private static final Duration SIGNAL_MAX = Duration.ofSeconds(10);
  private static final long GLANCE_MICROSECONDS = 20;
  private static final int KILL = 9;

  private final AgentLink link;
  private final String id;
  private final BlockingClientCall<?, RunEvent> call;

  private HeldRun(AgentLink link, String id, BlockingClientCall<?, RunEvent> call) {
    this.link = link;
    this.id = id;
    this.call = call;
  }

  /// Starts a process, with the sandbox's environment and working directory and its two outputs as
  /// one.
  static HeldRun start(AgentLink link, List<String> command, int inputDescriptor)
      throws InterruptedException {
    String id = "held:" + UUID.randomUUID();
    StartProcessRequest request =
        StartProcessRequest.newBuilder()
            .setId(id)
            .addAllCommand(command)
            .setKeepInputOpen(true)
            .setInputDescriptor(inputDescriptor)
            .setMergeOutput(true)
            .build();
    HeldRun run = new HeldRun(link, id, link.stub().run(request));
    boolean started = false;
    try {
      RunEvent first = run.call.read(START_MAX.toMillis(), TimeUnit.MILLISECONDS);
      if (first == null || !first.hasStarted()) {
        throw AgentLink.broken("a process that was not started");
      }
      started = true;
      return run;
    } catch (StatusException e) {
      throw AgentLink.failure(e);
    } catch (TimeoutException _) {
      throw AgentLink.stalled();
    } finally {
      if (!started) {
        run.close();
      }
    }
  }

  /// Whether it still waits: it has neither written anything nor ended.
  public boolean waiting() throws InterruptedException {
    try {
      call.read(GLANCE_MICROSECONDS, TimeUnit.MICROSECONDS);
      return false;
    } catch (TimeoutException _) {
      return true;
    } catch (StatusException _) {
      return false;
    }
  }

  /// Gives the process all of its input, and passes on what it writes until it has ended. When the
  /// thread is interrupted or the sink fails, the process and what it started are killed.
  ///
  /// @param input at most {@link #INPUT_BYTES_MAX}
  /// @param timeLimit from now on; zero for none
  /// @throws IOException of the sink
  public RunOutcome finish(byte[] input, OutputSink sink, Duration timeLimit)
      throws IOException, InterruptedException {
    CountDownLatch ended = new CountDownLatch(1);
    boolean[] killed = new boolean[1];
    Thread clock = Thread.ofVirtual().unstarted(() -> killed[0] = killedAfter(timeLimit, ended));
    boolean complete = false;
    try {
      Thread.ofVirtual().name("held-run-input").start(() -> give(input));
      if (!timeLimit.isZero()) {
        clock.start();
      }
      RunOutcome outcome = AgentRuns.follow(call, new RunSinks(sink, sink, () -> false));
      complete = true;
      ended.countDown();
      clock.join();
      return killed[0] && outcome instanceof RunOutcome.Exited(int code, _, int signal)
          ? new RunOutcome.Exited(code, RunOutcome.Ending.TIME_LIMIT, signal)
          : outcome;
    } catch (StatusException e) {
      throw AgentLink.failure(e);
    } finally {
      ended.countDown();
      if (!complete) {
        close();
      }
    }
  }

  /// A process need not read all of its input, or any.
  private void give(byte[] input) {
    WriteInputRequest request =
        WriteInputRequest.newBuilder()
            .setId(id)
            .setData(UnsafeByteOperations.unsafeWrap(input))
            .setClose(true)
            .build();
    try {
      var _ = link.stub().writeInput(request);
    } catch (StatusException _) {
      // It has ended; its outcome says how.
    }
  }

  private boolean killedAfter(Duration limit, CountDownLatch ended) {
    try {
      if (ended.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        return false;
      }
      SignalProcessRequest request =
          SignalProcessRequest.newBuilder()
              .setId(id)
              .setSignal(KILL)
              .setTarget(SignalProcessRequest.Target.TARGET_DESCENDANTS)
              .build();
      var _ = link.within(SIGNAL_MAX).signalProcess(request);
      return true;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    } catch (StatusException _) {
      return false; // It has just ended by itself.
    }
  }

  /// Kills the process and what it started, if they have not ended.
  @Override
  public void close() {
    try {
      call.cancel("the process is not needed", null);
    } catch (RejectedExecutionException _) {
      // The link was closed for good, and the process has ended with it.
    }
  }
}
