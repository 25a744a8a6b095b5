package dev.sandlot.controlplane.sandbox;

import dev.sandlot.controlplane.platform.Lifecycle.Outcome;
import dev.sandlot.controlplane.platform.Transactions;
import dev.sandlot.controlplane.runnerpool.Allocation;
import dev.sandlot.controlplane.runnerpool.RunnerPool;
import dev.sandlot.controlplane.sandbox.lifecycle.SandboxCommand;
import dev.sandlot.controlplane.sandbox.lifecycle.SandboxEvent;
import dev.sandlot.controlplane.sandbox.lifecycle.SandboxLifecycle;
import dev.sandlot.controlplane.sandbox.store.Sandbox;
import dev.sandlot.controlplane.sandbox.store.SandboxStore;
import dev.sandlot.model.ClientWords;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxState;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Applies events to sandboxes: asks the lifecycle, writes the next state and its command in one
/// transaction, wakes who waits. Thread-safe.
public final class SandboxTransitions {
  private static final Logger LOGGER = LoggerFactory.getLogger(SandboxTransitions.class);
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final String SECRET_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789_-";
  private static final int SECRET_LENGTH = 32;
  private static final int ATTEMPTS_MAX = 20;

  /// After a runner could not remove a sandbox, until it is ordered again.
  private static final Duration REMOVAL_PAUSE = Duration.ofSeconds(10);

  private final Transactions transactions;
  private final SandboxStore store;
  private final SandboxOrders orders;
  private final RunnerPool pool;
  private final InstantSource clock;

  public SandboxTransitions(
      Transactions transactions,
      SandboxStore store,
      SandboxOrders orders,
      RunnerPool pool,
      InstantSource clock) {
    this.transactions = transactions;
    this.store = store;
    this.orders = orders;
    this.pool = pool;
    this.clock = clock;
  }

  /// What became of an event.
  sealed interface Result {
    /// The sandbox after it.
    record Done(Sandbox sandbox) implements Result {}

    /// It has no place in the state the sandbox is in.
    record Refused(Sandbox sandbox) implements Result {}

    /// There is no such sandbox.
    record Absent() implements Result {}
  }

  static String topic(SandboxId id) {
    return "sandbox:" + id;
  }

  /// What a sandbox's preview tokens are derived from from now on.
  static String newPreviewSecret() {
    StringBuilder secret = new StringBuilder(SECRET_LENGTH);
    for (int index = 0; index < SECRET_LENGTH; index++) {
      secret.append(SECRET_ALPHABET.charAt(RANDOM.nextInt(SECRET_ALPHABET.length())));
    }
    return secret.toString();
  }

  /// Applies an event; when others change the sandbox at the same time, to what they left.
  ///
  /// @throws OperationFailure BAD_REQUEST when a start finds no room, CONFLICT when others keep
  ///   being faster
  Result apply(SandboxId id, SandboxEvent event, Cause cause) {
    return transactions.run(() -> {
      for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        Optional<Result> result = attempt(id, event, cause);
        if (result.isPresent()) {
          return result.get();
        }
      }
      throw OperationFailure.conflict(ClientWords.stateChangeInProgress("being changed by others"));
    });
  }

  /// Empty when someone else was faster.
  private Optional<Result> attempt(SandboxId id, SandboxEvent event, Cause cause) {
    Optional<Sandbox> found = store.find(id);
    if (found.isEmpty()) {
      return Optional.of(new Result.Absent());
    }
    Sandbox read = found.get();
    if (!cause.counts().test(read)) {
      return Optional.of(new Result.Refused(read));
    }
    return switch (SandboxLifecycle.TABLE.apply(read.state(), event)) {
      case Outcome.Refused<SandboxState, SandboxCommand> _ -> Optional.of(new Result.Refused(read));
      case Outcome.Accepted<SandboxState, SandboxCommand>(SandboxState next, var command) ->
          write(read, event, next, command, cause).map(Result.Done::new);
    };
  }

  private Optional<Sandbox> write(
      Sandbox read, SandboxEvent event, SandboxState state, SandboxCommand command, Cause cause) {
    if (SandboxOrders.drops(command) && !dropOrders(read)) {
      return Optional.empty();
    }
    Instant now = clock.instant();
    Sandbox.Status status = status(read, event, state, command, cause);
    if (!store.compareAndSet(read, status, deadline(event, state, now), now)) {
      return Optional.empty();
    }
    Sandbox.Settings settings = network(read, cause, now);
    Sandbox after =
        new Sandbox(
            read.id(),
            read.organization(),
            read.region(),
            read.runner(),
            read.spec(),
            settings,
            status,
            read.createdAt(),
            now,
            now);
    orders.carryOut(command, after, cause.force());
    allocate(after, read.state(), command);
    transactions.raise(topic(read.id()));
    if (state == SandboxState.STOPPED && after.ephemeral()) {
      transactions.raise(SandboxReconciler.TOPIC);
    }
    LOGGER
        .atInfo()
        .addKeyValue("sandboxId", read.id())
        .addKeyValue("from", read.state())
        .addKeyValue("to", state)
        .addKeyValue("event", event)
        .log("sandbox state changed");
    return Optional.of(after);
  }

  /// Keeps what the runner has promised in line with the state. Comes last: whoever holds a
  /// runner's allocation waits for nothing else.
  private void allocate(Sandbox after, SandboxState before, SandboxCommand command) {
    Allocation held = after.spec().allocation(before);
    Allocation holds = after.spec().allocation(after.state());
    if (command == SandboxCommand.START_ON_RUNNER) {
      pool.admit(after.runner(), holds.minus(held));
    } else {
      pool.change(after.runner(), held, holds);
    }
  }

  /// Drops what was ordered before, unless someone else changes the sandbox: then the orders may
  /// still be wanted. Jobs are locked before the sandbox, as by a report.
  ///
  /// @return whether the sandbox is as it was read, and stays so until the transaction ends
  private boolean dropOrders(Sandbox read) {
    orders.hold(read);
    boolean unchanged =
        store
            .lock(read.id())
            .filter(now -> now.status().version() == read.status().version())
            .isPresent();
    if (unchanged) {
      orders.drop(read);
    }
    return unchanged;
  }

  private Sandbox.Settings network(Sandbox read, Cause cause, Instant now) {
    if (cause.network().isEmpty()) {
      return read.settings();
    }
    // The row is ours since its state was written, but labels may have changed before that.
    Sandbox.Settings settings =
        store.lock(read.id()).orElse(read).settings().withNetwork(cause.network().get());
    store.updateSettings(read.id(), settings, now);
    return settings;
  }

  /// Changes what needs no runner. Reads the settings under a lock, so that two who change
  /// different ones do not undo each other.
  ///
  /// @throws OperationFailure NOT_FOUND when the sandbox is gone
  Sandbox changeSettings(SandboxId id, UnaryOperator<Sandbox.Settings> change) {
    return transactions.run(() -> {
      Sandbox.Settings settings =
          store
              .lock(id)
              .filter(sandbox -> !sandbox.state().isFinal())
              .map(Sandbox::settings)
              .orElseThrow(Refusal::gone);
      store.updateSettings(id, change.apply(settings), clock.instant());
      transactions.raise(topic(id));
      return store.find(id).orElseThrow();
    });
  }

  /// A reason stays until the sandbox is started again, so that one can still ask why it ended.
  private static Sandbox.Status status(
      Sandbox read, SandboxEvent event, SandboxState state, SandboxCommand command, Cause cause) {
    boolean starts = command == SandboxCommand.START_ON_RUNNER;
    Optional<String> reason =
        starts ? Optional.empty() : cause.reason().or(() -> read.status().errorReason());
    boolean failedNow = state == SandboxState.ERROR && read.state() != SandboxState.ERROR;
    boolean kept = state == SandboxState.ERROR && event == SandboxEvent.NETWORK_CHANGED;
    boolean recoverable = failedNow ? cause.recoverable() : kept && read.status().recoverable();
    return new Sandbox.Status(
        state,
        read.status().version() + 1,
        reason,
        recoverable,
        starts ? newPreviewSecret() : read.status().previewSecret());
  }

  static Optional<Instant> deadline(SandboxEvent event, SandboxState state, Instant now) {
    if (event == SandboxEvent.RUNNER_FAILED && state == SandboxState.DESTROYING) {
      return Optional.of(now.plus(REMOVAL_PAUSE));
    }
    return state.timeout().map(now::plus);
  }
}
