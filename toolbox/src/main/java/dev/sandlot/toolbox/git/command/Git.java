package dev.sandlot.toolbox.git.command;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.OutputSink;
import dev.sandlot.agentclient.process.ProcessRequest;
import dev.sandlot.agentclient.process.RunOutcome;
import dev.sandlot.agentclient.process.RunSinks;
import dev.sandlot.http.Exchange;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.NulSeparated;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// Runs git in a folder of a sandbox, for one call. Git is ended when the caller disconnects. Used
/// by one thread.
public final class Git {
  /// Prefix of full branch names.
  public static final String HEADS = "refs/heads/";

  private static final int NOT_FOUND_BY_SHELL = 127;

  private final Exchange exchange;
  private final RunningSandbox sandbox;
  private final GitLimits limits = GitLimits.STANDARD;
  private final String folder;

  private Git(Exchange exchange, String folder) {
    this.exchange = exchange;
    this.sandbox = Calls.sandbox(exchange);
    this.folder = folder;
  }

  /// Git in a repository. Folders above it are not searched: a call must not change a repository
  /// that the caller did not name.
  ///
  /// @param folder relative ones are below the sandbox's working directory
  public static Git in(Exchange exchange, String folder) {
    return new Git(exchange, folder);
  }

  /// Git in the sandbox's working directory, for commands that need no repository.
  public static Git inWorkingDirectory(Exchange exchange) {
    return new Git(exchange, "");
  }

  /// Runs git. A non-zero exit code is a result, no failure.
  public GitResult run(GitCommand command) throws IOException, InterruptedException {
    BoundedOutput output = new BoundedOutput(limits.outputBytesMax(), Calls.charge(exchange));
    GitResult result = run(command, output);
    return new GitResult(result.code(), output.bytes(), result.errors());
  }

  /// Runs git and fails with its messages when the exit code is not zero.
  public GitResult runChecked(GitCommand command) throws IOException, InterruptedException {
    GitResult result = run(command);
    if (!result.succeeded()) {
      throw GitFailures.of(result, command.access());
    }
    return result;
  }

  /// Runs git, which must succeed, and reads its NUL-terminated entries one at a time, so that too
  /// many are refused before they are collected.
  ///
  /// @param things what the entries are, for messages
  public void list(GitCommand command, String things, Consumer<String> reader)
      throws IOException, InterruptedException {
    GitResult result = listUnchecked(command, things, reader);
    if (!result.succeeded()) {
      throw GitFailures.of(result, command.access());
    }
  }

  /// The same, but a non-zero exit code is a result, no failure.
  public GitResult listUnchecked(GitCommand command, String things, Consumer<String> reader)
      throws IOException, InterruptedException {
    GitEntries entries = new GitEntries(limits, things, Calls.charge(exchange), reader);
    return run(command, new NulSeparated(limits.entryBytesMax(), entries::take));
  }

  /// Runs git and passes its output on.
  public GitResult run(GitCommand command, OutputSink output)
      throws IOException, InterruptedException {
    OutputTail errors = new OutputTail(limits.errorBytesMax());
    ProcessRequest request = request(command);
    RunOutcome outcome;
    try {
      outcome =
          sandbox.agent().runPlatform(request, new RunSinks(output, errors, exchange::clientGone));
    } catch (OutputLimitExceeded _) {
      throw new OperationFailure(
          ErrorCode.UNPROCESSABLE_ENTITY,
          "unprocessable entity: git answered with more than "
              + limits.outputBytesMax()
              + " bytes; run git by process/execute and look at a part of it");
    }
    return switch (outcome) {
      case RunOutcome.Exited(int code, _, _) when code == NOT_FOUND_BY_SHELL ->
          throw notStarted("");
      case RunOutcome.Exited(int code, _, _) -> new GitResult(code, new byte[0], errors.text());
      case RunOutcome.NotStarted(String reason) -> throw notStarted(reason);
    };
  }

  private ProcessRequest request(GitCommand command) throws IOException, InterruptedException {
    byte[] input = command.standardInput();
    if (input.length > ProcessRequest.INPUT_BYTES_MAX) {
      throw new OperationFailure(
          ErrorCode.TOO_LARGE,
          "bad request: the message or the files together are larger than "
              + ProcessRequest.INPUT_BYTES_MAX
              + " bytes");
    }
    return new ProcessRequest(
        command.commandLine(), input, variables(command), folder, Duration.ZERO);
  }

  private Map<String, String> variables(GitCommand command)
      throws IOException, InterruptedException {
    Map<String, String> variables = new HashMap<>(command.variables());
    if (!folder.isEmpty()) {
      String start = folder.startsWith("/") ? "" : sandbox.account().workingDirectory();
      variables.put("GIT_CEILING_DIRECTORIES", parent(start + "/" + folder));
    }
    return variables;
  }

  /// The parent folder, computed from the path alone.
  private static String parent(String path) {
    List<String> names = new ArrayList<>();
    for (String name : path.split("/", -1)) {
      if (name.equals("..") && !names.isEmpty()) {
        names.removeLast();
      } else if (!name.isEmpty() && !name.equals(".") && !name.equals("..")) {
        names.add(name);
      }
    }
    if (!names.isEmpty()) {
      names.removeLast();
    }
    return "/" + String.join("/", names);
  }

  /// Why git did not start: the folder is missing or inaccessible, or git is not installed.
  private OperationFailure notStarted(String reason) {
    if (!folder.isEmpty() && !isFolder(folder)) {
      return new OperationFailure(
          ErrorCode.GIT_REPO_NOT_FOUND, "not found: there is no repository at " + folder);
    }
    if (reason.contains("Permission denied")) {
      return new OperationFailure(
          ErrorCode.FILE_ACCESS_DENIED, "forbidden: git may not be started in " + folder);
    }
    return new OperationFailure(
        ErrorCode.UNPROCESSABLE_ENTITY,
        "unprocessable entity: git could not be started in the sandbox; is it installed? Its image"
            + " must have git 2.26 or newer");
  }

  private boolean isFolder(String path) {
    try {
      return sandbox.agent().files().status(path).directory();
    } catch (AgentFailure failure) {
      if (failure.kind() == AgentFailure.Kind.NOT_FOUND) {
        return false;
      }
      throw ToolboxFailures.of(failure, path);
    }
  }

  /// Whether this path exists in the sandbox.
  public boolean exists(String path) {
    try {
      var _ = sandbox.agent().files().status(path);
      return true;
    } catch (AgentFailure failure) {
      if (failure.kind() == AgentFailure.Kind.NOT_FOUND) {
        return false;
      }
      throw ToolboxFailures.of(failure, path);
    }
  }

  /// Removes a folder of the sandbox with its contents; a missing one is no failure.
  public void remove(String path) {
    try {
      sandbox.agent().files().remove(path, true);
    } catch (AgentFailure failure) {
      if (failure.kind() != AgentFailure.Kind.NOT_FOUND) {
        throw ToolboxFailures.of(failure, path);
      }
    }
  }

  /// The branch that is checked out, even without a commit; empty when HEAD is detached.
  public Optional<String> currentBranch() throws IOException, InterruptedException {
    GitCommand command = GitCommand.of("symbolic-ref", "--quiet", "HEAD");
    GitResult result = run(command);
    if (result.code() == 1 && result.errors().isBlank()) {
      return Optional.empty();
    }
    if (!result.succeeded()) {
      throw GitFailures.of(result, command.access());
    }
    String name = result.line();
    return name.startsWith(HEADS) ? Optional.of(name.substring(HEADS.length())) : Optional.empty();
  }
}
