package dev.sandlot.controlplane.sandbox;

import dev.sandlot.controlplane.job.Job;
import dev.sandlot.controlplane.job.JobOutcomes;
import dev.sandlot.controlplane.platform.Transactions;
import dev.sandlot.controlplane.sandbox.lifecycle.SandboxEvent;
import dev.sandlot.http.Json;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxState;
import dev.sandlot.model.job.JobType;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;

/// What the end of a job means for its sandbox. An end that comes when the sandbox no longer waits
/// for it means nothing.
public final class SandboxOutcomes implements JobOutcomes {
  /// What the sandbox waits in for a job, and what its end is for the lifecycle. A job without one
  /// changes what the sandbox may reach, in whatever state it is.
  private record Step(SandboxState awaits, SandboxEvent done) {}

  private static final Map<JobType, Step> STEPS =
      Map.of(
          JobType.CREATE_SANDBOX, new Step(SandboxState.CREATING, SandboxEvent.RUNNER_STARTED),
          JobType.START_SANDBOX, new Step(SandboxState.STARTING, SandboxEvent.RUNNER_STARTED),
          JobType.STOP_SANDBOX, new Step(SandboxState.STOPPING, SandboxEvent.RUNNER_STOPPED),
          JobType.DESTROY_SANDBOX,
              new Step(SandboxState.DESTROYING, SandboxEvent.RUNNER_DESTROYED));

  private final Transactions transactions;
  private final SandboxTransitions transitions;

  public SandboxOutcomes(Transactions transactions, SandboxTransitions transitions) {
    this.transactions = transactions;
    this.transitions = transitions;
  }

  private static SandboxId id(Job job) {
    return job.resource().sandbox();
  }

  private static String topic(Job job) {
    return SandboxTransitions.topic(id(job));
  }

  @Override
  public void completed(Job job) {
    Step step = STEPS.get(job.type());
    if (step == null) {
      transactions.raise(topic(job));
    } else {
      transitions.apply(id(job), step.done(), Cause.NONE.in(step.awaits()));
    }
  }

  @Override
  public void failed(Job job, String reason) {
    Step step = STEPS.get(job.type());
    if (step == null) {
      networkFailed(job, reason);
    } else {
      fail(job, reason, step.awaits());
    }
  }

  @Override
  public void expired(Job job, String reason) {
    Step step = STEPS.get(job.type());
    if (step == null) {
      networkFailed(job, reason);
    } else {
      transitions.apply(id(job), SandboxEvent.DEADLINE_PASSED, Cause.late().in(step.awaits()));
    }
  }

  private void networkFailed(Job job, String reason) {
    transitions.apply(
        id(job),
        SandboxEvent.NETWORK_FAILED,
        Cause.because("its network settings could not be applied: " + reason).withForce(true));
    // Who asked for them waits for the job, whatever the sandbox does meanwhile.
    transactions.raise(topic(job));
  }

  private void fail(Job job, String message, SandboxState awaited) {
    Failure failure = Failure.read(message, awaited != SandboxState.CREATING);
    transitions.apply(
        id(job),
        SandboxEvent.RUNNER_FAILED,
        Cause.NONE.withReason(failure.reason(), failure.recoverable()).in(awaited));
  }

  /// @param recoverable whether recovering can help
  private record Failure(String reason, boolean recoverable) {
    /// A message is plain text or JSON with `errorReason` and `recoverable`
    /// (docs/contract/runners.md#jobs).
    static Failure read(String message, boolean filesExist) {
      if (message.startsWith("{")) {
        try {
          Map<?, ?> json = Json.read(message, Map.class);
          Object reason = json.get("errorReason");
          return new Failure(
              String.valueOf(reason == null ? message : reason),
              Boolean.TRUE.equals(json.get("recoverable")));
        } catch (JacksonException _) {
          return new Failure(message, filesExist);
        }
      }
      String lower = message.toLowerCase(Locale.ROOT);
      boolean storage =
          Stream.of("no space left", "storage limit", "disk quota exceeded")
              .anyMatch(lower::contains);
      return new Failure(message, filesExist || storage);
    }
  }
}
