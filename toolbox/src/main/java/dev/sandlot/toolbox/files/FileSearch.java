package dev.sandlot.toolbox.files;

import dev.sandlot.agentclient.files.AgentFiles;
import dev.sandlot.agentclient.files.FileStatus;
import dev.sandlot.agentclient.files.FileStatus.FileKind;
import dev.sandlot.agentclient.files.ReadableFile;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.RunAbandoned;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Gatherers;

/// Searches file names and file contents below a folder of a sandbox. Thread-safe. Independent of
/// HTTP.
public final class FileSearch {
  /// The order of a depth-first walk with each folder sorted by name.
  private static final Comparator<String> WALK_ORDER = FileSearch::compare;

  private final ToolboxLimits toolbox;
  private final SearchLimits limits;

  public FileSearch(ToolboxLimits toolbox, SearchLimits limits) {
    this.toolbox = toolbox;
    this.limits = limits;
  }

  /// One line of a file.
  ///
  /// @param line from 1
  public record Match(String file, int line, String content) {}

  /// Finds files, folders and links whose name matches, below a folder and the folder itself. None
  /// when it does not exist.
  ///
  /// @param callerGone whether the caller has disconnected
  /// @param pattern of a name, with `*`, `?` and `[…]`
  /// @return paths, relative or absolute as `path` is, in the order of a walk
  /// @throws RunAbandoned when the caller has disconnected
  public List<String> names(
      RunningSandbox sandbox, BooleanSupplier callerGone, String path, String pattern)
      throws IOException, InterruptedException {
    NameGlob glob = NameGlob.parse(pattern);
    Optional<FileStatus> root = root(sandbox, path);
    List<String> found = new ArrayList<>();
    ResultBudget budget = new ResultBudget(limits, "names fit the pattern");
    if (root.isPresent()) {
      String rootName = root.get().name();
      if (root.get().directory()) {
        new TreeSearch(sandbox, callerGone, path, toolbox, limits)
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
    return found.stream().sorted(WALK_ORDER).map(each -> join(path, each)).toList();
  }

  /// The status of the path; empty when it does not exist.
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

  /// Finds the lines that contain a text, in the regular files below a folder or in one file.
  ///
  /// @param callerGone whether the caller has disconnected
  /// @throws RunAbandoned when the caller has disconnected
  public List<Match> lines(
      RunningSandbox sandbox, BooleanSupplier callerGone, String path, String pattern)
      throws IOException, InterruptedException {
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
      return scan.read(path);
    }
    if (!root.directory() || pattern.indexOf('\n') >= 0) {
      return List.of();
    }
    List<String> files =
        new TreeSearch(sandbox, callerGone, path, toolbox, limits).filesWith(text, pattern);
    return files.stream()
        .sorted(WALK_ORDER)
        .gather(
            Gatherers.mapConcurrent(
                limits.filesAtOnce(), each -> scan.readIfReadable(join(path, each))))
        .flatMap(List::stream)
        .toList();
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

    /// The matches in a file; none when it was deleted meanwhile, cannot be read, or is a link.
    List<Match> readIfReadable(String path) {
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

  /// Joins paths, keeping the form of the caller's path.
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
