package dev.sandlot.toolbox.git.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// One run of git. Immutable.
///
/// @param arguments the subcommand and its arguments
/// @param input standard input; ignored when `access` passes a credential that way
/// @param hooks whether the repository's hooks run
public record GitCommand(
    List<String> arguments,
    byte[] input,
    Map<String, String> environment,
    RemoteAccess access,
    boolean hooks) {
  /// `core.fsmonitor` would run a program of the repository's choice. `safe.directory` because the
  /// repository may belong to another user of the sandbox.
  private static final List<String> SETTINGS = List.of("core.fsmonitor=false", "safe.directory=*");

  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "LC_ALL", "C",
          "LANGUAGE", "",
          "GIT_ADVICE", "0",
          "GIT_EDITOR", "true",
          "GIT_TERMINAL_PROMPT", "0",
          "SSH_ASKPASS_REQUIRE", "never");

  public GitCommand {
    arguments = List.copyOf(arguments);
    environment = Map.copyOf(environment);
  }

  public static GitCommand of(String... arguments) {
    return of(Arrays.asList(arguments));
  }

  public static GitCommand of(List<String> arguments) {
    return new GitCommand(arguments, new byte[0], Map.of(), new RemoteAccess.Configured(), false);
  }

  public GitCommand input(byte[] bytes) {
    return new GitCommand(arguments, bytes, environment, access, hooks);
  }

  /// Input for `--pathspec-from-file=- --pathspec-file-nul`, for more files than fit in arguments.
  public GitCommand inputFiles(List<String> files) {
    return input(String.join("\0", files).getBytes(UTF_8));
  }

  public GitCommand environment(Map<String, String> variables) {
    return new GitCommand(arguments, input, variables, access, hooks);
  }

  public GitCommand access(RemoteAccess given) {
    return new GitCommand(arguments, input, environment, given, hooks);
  }

  public GitCommand withHooks() {
    return new GitCommand(arguments, input, environment, access, true);
  }

  /// Program and arguments. Holds no secret.
  List<String> commandLine() {
    List<String> line = new ArrayList<>();
    if (!access.preparation().isEmpty()) {
      line.addAll(List.of("/bin/sh", "-c", access.preparation() + "; exec git \"$@\""));
    }
    line.add("git");
    List<String> settings = new ArrayList<>(SETTINGS);
    if (!hooks) {
      settings.add("core.hooksPath=/dev/null");
    }
    settings.addAll(access.settings());
    for (String setting : settings) {
      line.add("-c");
      line.add(setting);
    }
    line.addAll(arguments);
    return line;
  }

  byte[] standardInput() {
    return access instanceof RemoteAccess.Given given ? given.input() : input;
  }

  Map<String, String> variables() {
    Map<String, String> all = new HashMap<>(ENVIRONMENT);
    all.putAll(access.environment());
    all.putAll(environment);
    return all;
  }

  /// Leaves out what may be secret.
  @Override
  public String toString() {
    return "GitCommand" + arguments;
  }
}
