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
import dev.sandlot.http.HttpFailure;
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
/// else through the agent. What these programs say is only where to look: they are the sandbox's
/// own. Links are not followed, but for the folder itself. Used by one thread.
///
/// Paths are relative to the folder, and empty for the folder itself.
final class TreeSearch {
  private static final int DEPTH_MAX = 64;
  private static final String NAMES = "exec find . -print0";

  /// Raw bytes of every regular file, whatever its name and wherever ignore files lie. The first
  /// run ends with 1 where there is an `rg` that knows all of this.
  private static final String FILES =
      """
      flags='--no-config --files-with-matches --null --color=never --no-messages --fixed-strings'
      flags="$flags --case-sensitive --hidden --no-ignore --text --encoding=none --no-mmap"
      rg $flags --regexp="$1" /dev/null >/dev/null 2>&1
      [ $? = 1 ] || exit 127
      exec rg $flags --threads=4 --regexp="$1" ./
      """;

  private static final int NOT_THERE = 127;

  private final RunningSandbox sandbox;
  private final BooleanSupplier callerGone;
  private final String folder;
  private final ToolboxLimits toolbox;
  private final SearchLimits limits;

  /// @param callerGone whether nobody waits for the search any more
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

  /// Gives every file, folder and link, the folder itself included.
  ///
  /// @throws RunAbandoned when nobody waits any more
  void names(Consumer<String> paths) throws IOException, InterruptedException {
    boolean[] begun = new boolean[1];
    boolean walked =
        run(
            List.of("sh", "-c", NAMES),
            new NulSeparated(
                toolbox.pathBytesMax(),
                path -> {
                  begun[0] |= path.equals(".");
                  paths.accept(relative(path));
                }));
    if (!walked || !begun[0]) {
      paths.accept("");
      slowly().forEach(entry -> paths.accept(entry.path()));
    }
  }

  /// The regular files that may hold a text: all that do, and maybe others. Unsorted.
  ///
  /// @throws HttpFailure 400 when they are too many
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
    return slowly().stream()
        .filter(entry -> entry.file().kind() == FileStatus.FileKind.REGULAR)
        // One of size zero may hold something, as those under /proc do.
        .filter(entry -> entry.file().size() == 0 || entry.file().size() >= text.length())
        .map(Entry::path)
        .toList();
  }

  private record Entry(String path, FileStatus file) {}

  /// What is below the folder, through the agent.
  private List<Entry> slowly() throws InterruptedException {
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

  /// Of what a program says, which begins with a dot for the folder.
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

  /// @return whether the program was there
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
          throw tooSlow(limits);
      case RunOutcome.Exited(int code, _, _) -> code >= 0 && code < NOT_THERE - 1;
      case RunOutcome.NotStarted _ -> false;
    };
  }

  static HttpFailure tooSlow(SearchLimits limits) {
    return new HttpFailure(
        408,
        "REQUEST_TIMEOUT",
        "request timeout: the search took more than "
            + limits.timeMax().toSeconds()
            + " s; search below a smaller folder",
        Map.of("Retry-After", "1"),
        Map.of());
  }
}
