package dev.sandlot.toolbox.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.agentclient.AgentFailure;
import dev.sandlot.agentclient.AgentFiles;
import dev.sandlot.agentclient.FileStatus;
import dev.sandlot.agentclient.FileStatus.FileKind;
import dev.sandlot.agentclient.ReadableFile;
import dev.sandlot.http.Exchange;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Gatherers;

/// `/files/search` for names and `/files/find` for contents (docs/contract/files.md).
public final class SearchEndpoints {
  /// As a walk that goes through each folder by name comes by them.
  private static final Comparator<String> WALK_ORDER = SearchEndpoints::compare;

  private final ToolboxLimits toolbox;
  private final SearchLimits limits;

  public SearchEndpoints(ToolboxLimits toolbox, SearchLimits limits) {
    this.toolbox = toolbox;
    this.limits = limits;
  }

  public void search(Exchange exchange) throws InterruptedException {
    String path = Calls.path(exchange, "path", toolbox);
    NameGlob glob = NameGlob.parse(pattern(exchange));
    RunningSandbox sandbox = Calls.sandbox(exchange);
    Optional<FileStatus> root = root(sandbox, path);
    List<String> found = new ArrayList<>();
    ResultBudget budget = new ResultBudget(limits, "names fit the pattern");
    if (root.isPresent()) {
      String rootName = root.get().name();
      if (root.get().directory()) {
        new TreeSearch(exchange, path, toolbox, limits)
            .names(relative -> {
              if (glob.matches(relative.isEmpty() ? rootName : name(relative))) {
                budget.take(path.length() + relative.length());
                found.add(relative);
              }
            });
      } else if (glob.matches(rootName)) {
        found.add("");
      }
    }
    exchange.sendJson(
        Map.of("files", found.stream().sorted(WALK_ORDER).map(each -> join(path, each)).toList()));
  }

  /// Empty when it is not there, which is no failure of a search for names.
  private static Optional<FileStatus> root(RunningSandbox sandbox, String path) {
    try {
      return Optional.of(sandbox.agent().files().status(path));
    } catch (AgentFailure failure) {
      if (failure.kind() == AgentFailure.Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw ToolboxFailures.of(failure, path);
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

  /// One line of a file.
  ///
  /// @param line from 1
  record Match(String file, int line, String content) {}

  public void find(Exchange exchange) throws IOException, InterruptedException {
    String path = Calls.path(exchange, "path", toolbox);
    String pattern = pattern(exchange);
    RunningSandbox sandbox = Calls.sandbox(exchange);
    FileStatus root;
    try {
      root = sandbox.agent().files().status(path);
    } catch (AgentFailure failure) {
      throw ToolboxFailures.of(failure, path);
    }
    LiteralText text = new LiteralText(pattern);
    Scan scan =
        new Scan(
            sandbox.agent().files(),
            text,
            new ResultBudget(limits, "lines hold the pattern"),
            System.nanoTime() + limits.timeMax().toNanos());
    if (root.kind() == FileKind.REGULAR) {
      exchange.sendJson(scan.read(path));
    } else if (root.directory() && pattern.indexOf('\n') < 0) {
      List<String> files = new TreeSearch(exchange, path, toolbox, limits).filesWith(text, pattern);
      exchange.sendJson(
          files.stream()
              .sorted(WALK_ORDER)
              .gather(
                  Gatherers.mapConcurrent(
                      limits.filesAtOnce(), each -> scan.readIfThere(join(path, each))))
              .flatMap(List::stream)
              .toList());
    } else {
      exchange.sendJson(List.of());
    }
  }

  /// Reads files line by line. Thread-safe.
  private final class Scan {
    private final AgentFiles files;
    private final LiteralText text;
    private final ResultBudget budget;
    private final long deadline;

    Scan(AgentFiles files, LiteralText text, ResultBudget budget, long deadline) {
      this.files = files;
      this.text = text;
      this.budget = budget;
      this.deadline = deadline;
    }

    List<Match> read(String path) throws IOException {
      try {
        return matches(path);
      } catch (AgentFailure failure) {
        throw ToolboxFailures.of(failure, path);
      }
    }

    /// Nothing of a file that has gone meanwhile, may not be read, or breaks off, nor of a link.
    List<Match> readIfThere(String path) {
      try {
        List<Match> matches = matches(path);
        return matches.isEmpty() || files.linkTarget(path).isPresent() ? List.of() : matches;
      } catch (AgentFailure failure) {
        return switch (failure.kind()) {
          case NOT_FOUND, PERMISSION_DENIED, INVALID_ARGUMENT, INTERNAL -> List.of();
          case ALREADY_EXISTS,
              RESOURCE_EXHAUSTED,
              ABORTED,
              DEADLINE_EXCEEDED,
              UNAVAILABLE,
              UNIMPLEMENTED,
              TOO_LARGE,
              BUSY ->
              throw ToolboxFailures.of(failure, path);
        };
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private List<Match> matches(String path) throws IOException {
      List<Match> matches = new ArrayList<>();
      LineSearch search =
          new LineSearch(
              text,
              limits,
              (number, content) -> {
                budget.take(path.length() + content.length());
                matches.add(new Match(path, number, content));
              });
      try (ReadableFile file = files.read(path, 0, 0)) {
        search.read(file.content(), deadline);
      }
      return matches;
    }
  }

  private static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /// Keeps the form in which the caller gave the path.
  private static String join(String path, String relative) {
    if (relative.isEmpty()) {
      return path;
    }
    if (path.equals(".")) {
      return relative;
    }
    return path.endsWith("/") ? path + relative : path + "/" + relative;
  }

  private static int compare(String left, String right) {
    int length = Math.min(left.length(), right.length());
    for (int index = 0; index < length; index++) {
      char one = left.charAt(index);
      char other = right.charAt(index);
      if (one != other) {
        return one == '/' ? -1 : other == '/' ? 1 : Character.compare(one, other);
      }
    }
    return Integer.compare(left.length(), right.length());
  }
}
