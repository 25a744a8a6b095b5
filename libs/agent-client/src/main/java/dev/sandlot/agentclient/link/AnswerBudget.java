package dev.sandlot.agentclient.link;

import java.util.concurrent.atomic.AtomicLong;

/// How much of this machine's memory answers of sandboxes may take until they are passed on. It is
/// counted while they are decoded, by what their objects take and not their bytes: 16 MiB of `git
/// status` are 300 MiB of objects. Thread-safe.
public final class AnswerBudget {
  /// A part of the heap for one sandbox, and for all of them.
  private static final int EACH_DIVISOR = 6;

  private static final int ALL_DIVISOR = 3;

  private final long eachMax;
  private final long allMax;
  private final AtomicLong all = new AtomicLong();

  AnswerBudget(long eachMax, long allMax) {
    this.eachMax = eachMax;
    this.allMax = allMax;
  }

  /// What fits the heap of this process.
  public static AnswerBudget ofHeap() {
    long heap = Runtime.getRuntime().maxMemory();
    return new AnswerBudget(heap / EACH_DIVISOR, heap / ALL_DIVISOR);
  }

  /// One sandbox's share.
  public Share share() {
    return new Share();
  }

  /// What the answers of one sandbox take. Thread-safe.
  public final class Share {
    private final AtomicLong taken = new AtomicLong();

    private Share() {}

    /// For what one call takes, until the charge is closed.
    public AnswerCharge open() {
      return new AnswerCharge(this);
    }

    /// @throws AgentFailure TOO_LARGE or BUSY when it would be too much; then nothing is taken
    void take(long bytes) {
      if (taken.addAndGet(bytes) > eachMax) {
        taken.addAndGet(-bytes);
        throw new AgentFailure(
            AgentFailure.Kind.TOO_LARGE,
            "",
            "the sandbox's answers take more than "
                + eachMax
                + " bytes of memory; ask for less, or for fewer things at a time");
      }
      if (all.addAndGet(bytes) > allMax) {
        release(bytes);
        throw new AgentFailure(
            AgentFailure.Kind.BUSY,
            "",
            "the answers of all sandboxes together take too much memory now; try again in a second");
      }
    }

    void release(long bytes) {
      taken.addAndGet(-bytes);
      all.addAndGet(-bytes);
    }
  }
}
