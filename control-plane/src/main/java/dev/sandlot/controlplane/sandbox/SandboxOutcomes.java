package dev.sandlot.controlplane.sandbox;

import dev.sandlot.controlplane.job.Job;
import dev.sandlot.controlplane.job.JobOutcomes;
import dev.sandlot.controlplane.platform.Transactions;
import dev.sandlot.controlplane.sandbox.lifecycle.SandboxEvent;
import dev.sandlot.http.Json;
import dev.sandlot.model.SandboxState;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;

/// What the end of a job means for its sandbox. An end that comes when the sandbox no longer waits
/// for it means nothing.
final class SandboxOutcomes implements JobOutcomes {
  private final Transactions transactions;
  private final SandboxTransitions transitions;

  SandboxOutcomes(Transactions transactions, SandboxTransitions transitions) {
    this.transactions = transactions;
    this.transitions = transitions;
  }

  @Override
  public void completed(Job job) {
    switch (job.type()) {
      case CREATE_SANDBOX -> apply(job, SandboxEvent.RUNNER_STARTED, SandboxState.CREATING);
      case START_SANDBOX -> apply(job, SandboxEvent.RUNNER_STARTED, SandboxState.STARTING);
      case STOP_SANDBOX -> apply(job, SandboxEvent.RUNNER_STOPPED, SandboxState.STOPPING);
      case DESTROY_SANDBOX -> apply(job, SandboxEvent.RUNNER_DESTROYED, SandboxState.DESTROYING);
      case UPDATE_SANDBOX_NETWORK_SETTINGS ->
          transactions.raise(SandboxTransitions.topic(job.sandbox()));
    }
  }

  private void apply(Job job, SandboxEvent event, SandboxState awaited) {
    transitions.apply(job.sandbox(), event, Cause.NONE.in(awaited));
  }

  @Override
  public void failed(Job job, String reason) {
    switch (job.type()) {
      case CREATE_SANDBOX -> fail(job, reason, SandboxState.CREATING);
      case START_SANDBOX -> fail(job, reason, SandboxState.STARTING);
      case STOP_SANDBOX -> fail(job, reason, SandboxState.STOPPING);
      case DESTROY_SANDBOX -> fail(job, reason, SandboxState.DESTROYING);
      case UPDATE_SANDBOX_NETWORK_SETTINGS -> networkFailed(job, reason);
    }
  }

  @Override
  public void expired(Job job, String reason) {
    switch (job.type()) {
      case CREATE_SANDBOX -> passDeadline(job, SandboxState.CREATING);
      case START_SANDBOX -> passDeadline(job, SandboxState.STARTING);
      case STOP_SANDBOX -> passDeadline(job, SandboxState.STOPPING);
      case DESTROY_SANDBOX -> passDeadline(job, SandboxState.DESTROYING);
      case UPDATE_SANDBOX_NETWORK_SETTINGS -> networkFailed(job, reason);
    }
  }

  private void passDeadline(Job job, SandboxState awaited) {
    transitions.apply(job.sandbox(), SandboxEvent.DEADLINE_PASSED, Cause.late().in(awaited));
  }

  private void networkFailed(Job job, String reason) {
    transitions.apply(
        job.sandbox(),
        SandboxEvent.NETWORK_FAILED,
        Cause.because("its network settings could not be applied: " + reason).withForce(true));
    // Who asked for them waits for the job, whatever the sandbox does meanwhile.
    transactions.raise(SandboxTransitions.topic(job.sandbox()));
  }

  private void fail(Job job, String message, SandboxState awaited) {
    Failure failure = Failure.read(message, awaited != SandboxState.CREATING);
    transitions.apply(
        job.sandbox(),
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
