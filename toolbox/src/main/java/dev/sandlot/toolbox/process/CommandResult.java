package dev.sandlot.toolbox.process;

import dev.sandlot.agentclient.process.RunOutcome;
import dev.sandlot.agentclient.process.RunOutcome.Ending;
import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;

/// A command that has ended, with its output. To be closed, since a large output is in a file. Used
/// by one thread.
public final class CommandResult implements Closeable {
  private static final int NO_EXIT_CODE = -1;

  private final RunOutcome outcome;
  private final SpooledOutput output;

  CommandResult(RunOutcome outcome, SpooledOutput output) {
    this.outcome = outcome;
    this.output = output;
  }

  /// -1 when it could not be started; 128 plus the number of the signal that ended it.
  public int exitCode() {
    return outcome instanceof RunOutcome.Exited exited ? exited.code() : NO_EXIT_CODE;
  }

  /// The signal that ended it; 0 when none did.
  public int signal() {
    return outcome instanceof RunOutcome.Exited exited ? exited.signal() : 0;
  }

  /// Why it did not exit by itself: "signal" or "out_of_memory".
  public Optional<String> reason() {
    if (!(outcome instanceof RunOutcome.Exited exited) || exited.ending() == Ending.EXIT) {
      return Optional.empty();
    }
    return Optional.of(exited.ending() == Ending.OUT_OF_MEMORY ? "out_of_memory" : "signal");
  }

  /// Why it could not be started; empty when it was.
  public Optional<String> notStarted() {
    return outcome instanceof RunOutcome.NotStarted(String reason)
        ? Optional.of(reason)
        : Optional.empty();
  }

  /// Standard output and standard error together.
  public SpooledOutput output() {
    return output;
  }

  @Override
  public void close() throws IOException {
    output.close();
  }
}
