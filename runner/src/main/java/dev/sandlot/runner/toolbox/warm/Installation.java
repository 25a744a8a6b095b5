package dev.sandlot.runner.toolbox.warm;

import dev.sandlot.agentclient.AgentClient;
import dev.sandlot.agentclient.AgentFailure;
import dev.sandlot.agentclient.AgentFailure.Kind;
import dev.sandlot.agentclient.FileStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/// The files that decide how a program starts, and what they are like: when one of them changes, a
/// process that was started before is not what a fresh one would be.
///
/// @param looks of each of the paths, empty where there is nothing
record Installation(List<String> paths, List<Optional<Look>> looks) {
  private static final Executor THREADS = task -> Thread.ofVirtual().start(task);

  /// What a change shows in.
  record Look(Instant modifiedAt, long size) {}

  Installation {
    paths = List.copyOf(paths);
    looks = List.copyOf(looks);
  }

  /// Looks at all of the paths at the same time.
  static Installation of(AgentClient agent, List<String> paths) {
    List<CompletableFuture<Optional<Look>>> looks = new ArrayList<>();
    for (String path : paths) {
      looks.add(CompletableFuture.supplyAsync(() -> look(agent, path), THREADS));
    }
    return new Installation(paths, looks.stream().map(CompletableFuture::join).toList());
  }

  private static Optional<Look> look(AgentClient agent, String path) {
    try {
      FileStatus status = agent.files().status(path);
      return Optional.of(new Look(status.modifiedAt(), status.size()));
    } catch (AgentFailure failure) {
      if (failure.kind() == Kind.NOT_FOUND || failure.kind() == Kind.PERMISSION_DENIED) {
        return Optional.empty();
      }
      throw failure;
    }
  }
}
