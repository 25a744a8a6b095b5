package dev.sandlot.toolbox.warm;

import dev.sandlot.agentclient.AgentClient;
import java.time.Instant;
import java.util.List;

/// The files that decide how a program starts, and what they are like: when one of them changes, a
/// process that was started before is not what a fresh one would be.
///
/// @param folder that holds a link to each of them: listed at once, which is one call where a look
///   at each would be a dozen; empty when there are none
/// @param looks by the links' names, without those that lead nowhere
record Installation(String folder, List<Look> looks) {
  /// What a change shows in.
  record Look(String link, Instant modifiedAt, long size) {}

  Installation {
    looks = List.copyOf(looks);
  }

  static Installation of(AgentClient agent, String folder) throws InterruptedException {
    List<Look> looks =
        folder.isEmpty()
            ? List.of()
            : agent.files().list(folder, 1).stream()
                .map(file -> new Look(file.name(), file.modifiedAt(), file.size()))
                .toList();
    return new Installation(folder, looks);
  }

  /// The same files as they are now.
  Installation again(AgentClient agent) throws InterruptedException {
    return of(agent, folder);
  }
}
