package dev.sandlot.toolbox.files;

import dev.sandlot.agentclient.files.AgentFiles;
import dev.sandlot.agentclient.files.FileStatus;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.OutputSink;
import dev.sandlot.agentclient.process.ProcessRequest;
import dev.sandlot.agentclient.process.RunAbandoned;
import dev.sandlot.agentclient.process.RunOutcome;
import dev.sandlot.agentclient.process.RunOutcome.Ending;
import dev.sandlot.agentclient.process.RunSinks;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.NulSeparated;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// Walks the tree below one folder of a sandbox: with `find` and `rg` where the image has them,
/// else through the agent. These programs belong to the sandbox, so their output is untrusted and
/// only says which files to read. Links are not followed, except for the folder itself. Used by one
/// thread.
///
/// Paths are relative to the folder, and empty for the folder itself.
final class TreeSearch {
  private static final int DEPTH_MAX = 64;
  private static final String NAMES = "exec find . -print0";

  /// Searches the raw bytes of every regular file, ignoring `.gitignore` and the like. The first
  /// run, on an empty file, exits with 1 when `rg` exists and knows all options.
  private static final String FILES =
      """
      flags='--no-config --files-with-matches --null --color=never --no-messages --fixed-strings'
      flags="$flags --case-sensitive --hidden --no-ignore --text --encoding=none --no-mmap"
      rg $flags --regexp="$1" /dev/null >/dev/null 2>&1
      [ $? = 1 ] || exit 127
      exec rg $flags --threads=4 --regexp="$1" ./
      """;

  private static final int COMMAND_NOT_FOUND = 127;

  private final RunningSandbox sandbox;
  private final BooleanSupplier callerGone;
  private final String folder;
  private final ToolboxLimits toolbox;
  private final SearchLimits limits;

  /// @param callerGone whether the caller has disconnected
  TreeSearch(
      RunningSandbox sandbox,
      BooleanSupplier callerGone,
      String folder,
      ToolboxLimits toolbox,
      SearchLimits limits) {
    this.sandbox = sandbox;
    this.callerGone = callerGone;
    this.folder = folder;
    this.toolbox = toolbox;
    this.limits = limits;
  }

  /// Lists every file, folder and link, the folder itself included.
  ///
  /// @throws RunAbandoned when the caller has disconnected
  void names(Consumer<String> paths) throws IOException, InterruptedException {
    boolean[] rootSeen = new boolean[1];
    boolean walked =
        run(
            List.of("sh", "-c", NAMES),
            new NulSeparated(
                toolbox.pathBytesMax(),
                path -> {
                  rootSeen[0] |= path.equals(".");
                  paths.accept(relative(path));
                }));
    if (!walked || !rootSeen[0]) {
      paths.accept("");
      listThroughAgent().forEach(entry -> paths.accept(entry.path()));
    }
  }

  /// Regular files that may contain a text: all that do, and perhaps others. Unsorted.
  ///
  /// @throws OperationFailure BAD_REQUEST when there are too many
  List<String> filesWith(LiteralText text, String asText) throws IOException, InterruptedException {
    List<String> files = new ArrayList<>();
    ResultBudget budget = new ResultBudget(limits, "files hold the pattern");
    boolean searched =
        run(
            List.of("sh", "-c", FILES, "sh", asText),
            new NulSeparated(
                toolbox.pathBytesMax(),
                path -> {
                  budget.take(path.length());
                  files.add(relative(path));
                }));
    if (searched) {
      return files;
    }
    return listThroughAgent().stream()
        .filter(entry -> entry.file().kind() == FileStatus.FileKind.REGULAR)
        // A file of size zero may have content, as those under /proc do.
        .filter(entry -> entry.file().size() == 0 || entry.file().size() >= text.length())
        .map(Entry::path)
        .toList();
  }

  private record Entry(String path, FileStatus file) {}

  /// Everything below the folder, listed by the agent: slower than `find`.
  private List<Entry> listThroughAgent() throws InterruptedException {
    AgentFiles files = sandbox.agent().files();
    try {
      String root = files.status(folder).path();
      return files.list(folder, DEPTH_MAX).stream()
          .filter(file -> file.path().startsWith(root))
          .map(file -> new Entry(withoutSlashes(file.path().substring(root.length())), file))
          .toList();
    } catch (AgentFailure failure) {
      throw ToolboxFailures.of(failure, folder);
    }
  }

  /// Removes the leading dot, which stands for the folder in the output of `find` and `rg`.
  private static String relative(String path) {
    return withoutSlashes(path.startsWith(".") ? path.substring(1) : path);
  }

  private static String withoutSlashes(String path) {
    int begin = 0;
    while (begin < path.length() && path.charAt(begin) == '/') {
      begin++;
    }
    return path.substring(begin);
  }

  /// @return whether the program exists
  private boolean run(List<String> command, OutputSink sink)
      throws IOException, InterruptedException {
    ProcessRequest request =
        new ProcessRequest(command, new byte[0], Map.of("LC_ALL", "C"), folder, limits.timeMax());
    RunOutcome outcome;
    try {
      outcome = sandbox.agent().runPlatform(request, new RunSinks(sink, _ -> {}, callerGone));
    } catch (AgentFailure failure) {
      throw ToolboxFailures.of(failure);
    }
    return switch (outcome) {
      case RunOutcome.Exited(_, Ending ending, _) when ending == Ending.TIME_LIMIT ->
          throw timedOut(limits);
      case RunOutcome.Exited(int code, _, _) -> code >= 0 && code < COMMAND_NOT_FOUND - 1;
      case RunOutcome.NotStarted _ -> false;
    };
  }

  static OperationFailure timedOut(SearchLimits limits) {
    return new OperationFailure(
        ErrorCode.REQUEST_TIMEOUT,
        "request timeout: the search took more than "
            + limits.timeMax().toSeconds()
            + " s; search below a smaller folder");
  }
}
