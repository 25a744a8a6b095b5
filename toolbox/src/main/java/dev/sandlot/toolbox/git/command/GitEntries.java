package dev.sandlot.toolbox.git.command;

import dev.sandlot.agentclient.link.AnswerCharge;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import java.util.function.Consumer;

/// Counts the entries of a list and charges their memory before they are parsed. Used by one
/// thread.
public final class GitEntries {
  /// Memory of an entry beside its text: a record, a map, and JSON.
  private static final int ENTRY_BYTES = 400;

  private static final int COPIES = 3;

  private final GitLimits limits;
  private final String things;
  private final AnswerCharge charge;
  private final Consumer<String> reader;
  private int count;

  /// @param things what the entries are, as in "git lists more than 5 things"
  public GitEntries(GitLimits limits, String things, AnswerCharge charge, Consumer<String> reader) {
    this.limits = limits;
    this.things = things;
    this.charge = charge;
    this.reader = reader;
  }

  public void take(String entry) {
    if (++count > limits.entriesMax()) {
      throw new OperationFailure(
          ErrorCode.UNPROCESSABLE_ENTITY,
          "unprocessable entity: git lists more than "
              + limits.entriesMax()
              + " "
              + things
              + "; run git by process/execute and look at a part of them");
    }
    charge.take(ENTRY_BYTES + (long) COPIES * entry.length());
    reader.accept(entry);
  }
}
