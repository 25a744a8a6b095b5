package dev.sandlot.runner.fake;

import dev.sandlot.agent.v1.StartProcessRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Sets up a process's descriptors by a shell that then executes it.
final class FakeInput {
  private FakeInput() {}

  /// Input is passed on the requested descriptor; without input there is no pipe. A program that
  /// does not exist must fail to start, although the shell exists.
  static List<String> of(StartProcessRequest request, List<String> command) {
    int descriptor = request.getInputDescriptor();
    boolean nothing = request.getInput().isEmpty() && !request.getKeepInputOpen();
    if (request.hasTerminal() || descriptor == 0 && !(nothing && onPath(command.getFirst()))) {
      return command;
    }
    String moved =
        "exec " + (descriptor == 0 ? "" : descriptor + "<&0 ") + "</dev/null; exec \"$@\"";
    List<String> wrapped = new ArrayList<>(List.of("/bin/bash", "-c", moved, "bash"));
    wrapped.addAll(command);
    return wrapped;
  }

  private static boolean onPath(String program) {
    return Stream.of(System.getenv("PATH").split(":", -1))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder).resolve(program)));
  }
}
