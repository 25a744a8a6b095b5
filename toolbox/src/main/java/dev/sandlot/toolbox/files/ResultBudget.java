package dev.sandlot.toolbox.files;

import dev.sandlot.http.HttpFailure;
import dev.sandlot.toolbox.call.ToolboxFailures;
import java.util.concurrent.atomic.AtomicLong;

/// Counts what a search has found, and ends it when that is too much. Thread-safe.
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

  /// @param size of one more
  /// @throws HttpFailure 400 when it is too much
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
