package dev.sandlot.agentclient.link;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/// The memory that the answers to one call take. Thread-safe.
public final class AnswerCharge implements AutoCloseable {
  private static final ScopedValue<AnswerCharge> CURRENT = ScopedValue.newInstance();

  private final AnswerBudget.Share share;
  private final AtomicLong taken = new AtomicLong();

  AnswerCharge(AnswerBudget.Share share) {
    this.share = share;
  }

  /// Work that an answer is made in.
  @FunctionalInterface
  public interface Work<E extends Exception> {
    void run() throws E;
  }

  /// Charges what agents answer meanwhile, in this thread, to this call.
  public <E extends Exception> void during(Work<E> work) throws E {
    ScopedValue.where(CURRENT, this)
        .<Optional<Void>, E>call(() -> {
          work.run();
          return Optional.empty();
        });
  }

  /// That of the call which this thread serves.
  public static Optional<AnswerCharge> current() {
    return CURRENT.isBound() ? Optional.of(CURRENT.get()) : Optional.empty();
  }

  /// Counts what is about to be made.
  ///
  /// @throws AgentFailure TOO_LARGE or BUSY when it would be too much
  public void take(long bytes) {
    share.take(bytes);
    taken.addAndGet(bytes);
  }

  @Override
  public void close() {
    share.release(taken.getAndSet(0));
  }
}
