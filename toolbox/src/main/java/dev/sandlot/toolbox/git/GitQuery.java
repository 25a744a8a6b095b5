package dev.sandlot.toolbox.git;

import dev.sandlot.http.Exchange;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import java.util.Optional;

/// The query of a Git call.
final class GitQuery {
  private GitQuery() {}

  /// The folder of the repository.
  static String path(Exchange exchange, ToolboxLimits limits) {
    String path =
        text(exchange, "path")
            .orElseThrow(() -> ToolboxFailures.badRequest("path is required in the query"));
    return Calls.checked(path, "path", limits);
  }

  /// Empty when absent or an empty text.
  static Optional<String> text(Exchange exchange, String name) {
    return exchange.query(name).filter(text -> !text.isEmpty());
  }
}
