package dev.sandlot.toolbox.warm;

import dev.sandlot.agentclient.AgentClient;
import java.time.Instant;
import java.util.List;

/// The files that a program loads when it starts, with their state. When one of them changes, a
/// process that was started before is out of date.
///
/// @param folder holds a link to each of them, so that one call lists all; empty when there are
///   none
/// @param files their states by the links' names; broken links are left out
record Installation(String folder, List<FileState> files) {
  /// Changes when the file does.
  record FileState(String link, Instant modifiedAt, long size) {}

  Installation {
    files = List.copyOf(files);
  }

  static Installation of(AgentClient agent, String folder) throws InterruptedException {
    List<FileState> files =
        folder.isEmpty()
            ? List.of()
            : agent.files().list(folder, 1).stream()
                .map(file -> new FileState(file.name(), file.modifiedAt(), file.size()))
                .toList();
    return new Installation(folder, files);
  }

  /// The current state of the same files.
  Installation refreshed(AgentClient agent) throws InterruptedException {
    return of(agent, folder);
  }
}
