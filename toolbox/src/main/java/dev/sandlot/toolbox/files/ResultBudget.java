package dev.sandlot.toolbox.files;

import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.ToolboxFailures;
import java.util.concurrent.atomic.AtomicLong;

/// Counts the results of a search, and ends it when there are too many. Thread-safe.
final class ResultBudget {
  private final SearchLimits limits;
  private final String found;
  private final AtomicLong count = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();

  /// @param found what is counted, as in "matches were found"
  ResultBudget(SearchLimits limits, String found) {
    this.limits = limits;
    this.found = found;
  }

  /// Counts a result.
  ///
  /// @param size in characters
  /// @throws OperationFailure BAD_REQUEST beyond a limit
  void take(long size) {
    if (count.incrementAndGet() > limits.resultsMax()) {
      throw ToolboxFailures.badRequest(
          "more than "
              + limits.resultsMax()
              + " "
              + found
              + "; search for something rarer or below a smaller folder");
    }
    if (bytes.addAndGet(size) > limits.resultBytesMax()) {
      throw ToolboxFailures.badRequest(
          "more than "
              + limits.resultBytesMax()
              + " bytes of results; search for something rarer or below a smaller folder");
    }
  }
}
