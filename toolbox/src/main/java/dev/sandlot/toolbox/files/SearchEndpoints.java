package dev.sandlot.toolbox.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.agentclient.process.RunAbandoned;
import dev.sandlot.http.Exchange;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/// `/files/search` for names and `/files/find` for contents (docs/contract/files.md).
public final class SearchEndpoints {
  private final ToolboxLimits toolbox;
  private final SearchLimits limits;
  private final FileSearch search;

  public SearchEndpoints(ToolboxLimits toolbox, SearchLimits limits) {
    this.toolbox = toolbox;
    this.limits = limits;
    this.search = new FileSearch(toolbox, limits);
  }

  public void search(Exchange exchange) throws IOException, InterruptedException {
    String path = Calls.path(exchange, "path", toolbox);
    String pattern = pattern(exchange);
    try {
      List<String> found =
          search.names(Calls.sandbox(exchange), exchange::clientGone, path, pattern);
      exchange.sendJson(Map.of("files", found));
    } catch (RunAbandoned _) {
      exchange.abort();
    }
  }

  public void find(Exchange exchange) throws IOException, InterruptedException {
    String path = Calls.path(exchange, "path", toolbox);
    String pattern = pattern(exchange);
    try {
      exchange.sendJson(search.lines(Calls.sandbox(exchange), exchange::clientGone, path, pattern));
    } catch (RunAbandoned _) {
      exchange.abort();
    }
  }

  private String pattern(Exchange exchange) {
    String pattern = exchange.query("pattern").orElse("");
    if (pattern.isEmpty()) {
      throw ToolboxFailures.badRequest("pattern is missing");
    }
    if (pattern.indexOf('\0') >= 0) {
      throw ToolboxFailures.badRequest("pattern holds a NUL character");
    }
    if (pattern.getBytes(UTF_8).length > limits.patternBytesMax()) {
      throw ToolboxFailures.badRequest(
          "pattern is longer than " + limits.patternBytesMax() + " bytes");
    }
    return pattern;
  }
}
