package dev.sandlot.toolbox.interpreter;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AgentFailure.Kind;
import dev.sandlot.agentclient.process.AgentProcesses;
import dev.sandlot.agentclient.process.ProcessStatus;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/// The contexts of a sandbox. All that is known of them is in the agent's table. Thread-safe.
final class Contexts {
  private static final int LOCKS = 64;

  private final InterpreterLimits limits;

  /// A context is deleted and started again one after the other: its process ends before it is
  /// forgotten, and whoever waited for it would bring it back in between. Several may share a lock.
  private final List<ReentrantLock> locks =
      Stream.generate(ReentrantLock::new).limit(LOCKS).toList();

  Contexts(InterpreterLimits limits) {
    this.limits = limits;
  }

  /// Those that clients have created, by their creation.
  List<Context> list(RunningSandbox sandbox) {
    return sandbox.agent().processes().list(Context.KIND, false).stream()
        .flatMap(process -> Context.of(process).stream())
        .filter(context -> !context.builtIn())
        .sorted((one, other) -> one.createdAt().compareTo(other.createdAt()))
        .toList();
  }

  /// @param workingDirectory empty for the sandbox's; relative ones are below that
  Context create(RunningSandbox sandbox, ContextLanguage language, String workingDirectory)
      throws IOException, InterruptedException {
    if (list(sandbox).size() >= limits.contextsMax()) {
      throw new HttpFailure(
          422,
          "UNPROCESSABLE_ENTITY",
          "unprocessable entity: the sandbox has "
              + limits.contextsMax()
              + " interpreter contexts, which is the limit; delete some");
    }
    Path base = Path.of(sandbox.account().workingDirectory());
    String directory = base.resolve(workingDirectory).normalize().toString();
    checkDirectory(sandbox, directory);
    Context context = Context.planned(UUID.randomUUID().toString(), language, directory);
    return started(sandbox.agent().processes(), context);
  }

  private static void checkDirectory(RunningSandbox sandbox, String directory) {
    boolean there;
    try {
      there = sandbox.agent().files().status(directory).directory();
    } catch (AgentFailure failure) {
      throw ToolboxFailures.of(failure, directory);
    }
    if (!there) {
      throw ToolboxFailures.badRequest("cwd must be a directory: " + directory);
    }
  }

  /// Whether there is such a context, or it will be there when it is asked for.
  boolean exists(RunningSandbox sandbox, String id) {
    return id.equals(Context.BUILT_IN)
        || (Context.known(id) && sandbox.agent().processes().find(Context.process(id)).isPresent());
  }

  /// A context whose process runs: one that has ended is started again, with its variables lost,
  /// and so is the built-in one when it is asked for first.
  ///
  /// @return empty when it is unknown
  Optional<Context> awake(RunningSandbox sandbox, String id)
      throws IOException, InterruptedException {
    Lock lock = lock(sandbox, id);
    lock.lockInterruptibly();
    try {
      return aliveOrStarted(sandbox, id);
    } finally {
      lock.unlock();
    }
  }

  private Lock lock(RunningSandbox sandbox, String id) {
    return locks.get(Math.floorMod(Objects.hash(sandbox.id(), id), LOCKS));
  }

  private Optional<Context> aliveOrStarted(RunningSandbox sandbox, String id)
      throws IOException, InterruptedException {
    AgentProcesses processes = sandbox.agent().processes();
    Optional<Context> known = processes.find(Context.process(id)).flatMap(Context::of);
    if (known.isPresent() && known.get().alive()) {
      return known;
    }
    if (known.isPresent()) {
      processes.remove(known.get().process(), true);
      return Optional.of(started(processes, known.get()));
    }
    if (!id.equals(Context.BUILT_IN)) {
      return Optional.empty();
    }
    String directory = sandbox.account().workingDirectory();
    return Optional.of(started(processes, Context.planned(id, ContextLanguage.PYTHON, directory)));
  }

  private Context started(AgentProcesses processes, Context context) {
    for (String interpreter : context.language().interpreters()) {
      try {
        ProcessStatus process = processes.start(context.start(interpreter, limits));
        return Context.of(process)
            .orElseThrow(() -> ToolboxFailures.notFound("the context has lost its labels"));
      } catch (AgentFailure failure) {
        if (failure.kind() != Kind.NOT_FOUND) {
          throw failure;
        }
      }
    }
    throw new HttpFailure(
        422,
        "UNPROCESSABLE_ENTITY",
        "unprocessable entity: the sandbox has no "
            + String.join(" or ", context.language().interpreters())
            + " in its PATH, or no directory "
            + context.workingDirectory());
  }

  /// Ends a context and all that it has started.
  void delete(RunningSandbox sandbox, String id) {
    Lock lock = lock(sandbox, id);
    lock.lock();
    try {
      sandbox.agent().processes().remove(Context.process(id), true);
    } finally {
      lock.unlock();
    }
  }
}
