package dev.sandlot.toolbox.interpreter;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AgentFailure.Kind;
import dev.sandlot.agentclient.process.AgentProcesses;
import dev.sandlot.agentclient.process.ProcessStatus;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
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

/// The contexts of a sandbox. Their state is in the agent's process table alone. Thread-safe.
final class Contexts {
  private static final int LOCKS = 64;

  private final InterpreterLimits limits;

  /// Locks by hash of the context (lock striping), for deleting and restarting. Without them, an
  /// execution that waits for a context could restart it while it is being deleted.
  private final List<ReentrantLock> locks =
      Stream.generate(ReentrantLock::new).limit(LOCKS).toList();

  Contexts(InterpreterLimits limits) {
    this.limits = limits;
  }

  /// The contexts that clients have created, in the order of creation.
  List<Context> list(RunningSandbox sandbox) {
    return sandbox.agent().processes().list(Context.KIND, false).stream()
        .flatMap(process -> Context.of(process).stream())
        .filter(context -> !context.builtIn())
        .sorted((one, other) -> one.createdAt().compareTo(other.createdAt()))
        .toList();
  }

  /// Creates a context.
  ///
  /// @param workingDirectory empty for the sandbox's; a relative one is below that
  Context create(RunningSandbox sandbox, ContextLanguage language, String workingDirectory)
      throws IOException, InterruptedException {
    if (list(sandbox).size() >= limits.contextsMax()) {
      throw new OperationFailure(
          ErrorCode.UNPROCESSABLE_ENTITY,
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

  /// Whether the context exists; the built-in one always does.
  boolean exists(RunningSandbox sandbox, String id) {
    return id.equals(Context.BUILT_IN)
        || (Context.known(id) && sandbox.agent().processes().find(Context.process(id)).isPresent());
  }

  /// A context with a running process. A process that has ended is started again, with the
  /// variables lost; that of the built-in context is started with its first use.
  ///
  /// @return empty when it is unknown
  Optional<Context> running(RunningSandbox sandbox, String id)
      throws IOException, InterruptedException {
    Lock lock = lock(sandbox, id);
    lock.lockInterruptibly();
    try {
      return runningOrStarted(sandbox, id);
    } finally {
      lock.unlock();
    }
  }

  private Lock lock(RunningSandbox sandbox, String id) {
    return locks.get(Math.floorMod(Objects.hash(sandbox.id(), id), LOCKS));
  }

  private Optional<Context> runningOrStarted(RunningSandbox sandbox, String id)
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
    throw new OperationFailure(
        ErrorCode.UNPROCESSABLE_ENTITY,
        "unprocessable entity: the sandbox has no "
            + String.join(" or ", context.language().interpreters())
            + " in its PATH, or no directory "
            + context.workingDirectory());
  }

  /// Deletes a context: ends its process with all descendants.
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
