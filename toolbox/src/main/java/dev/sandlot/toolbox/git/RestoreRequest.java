package dev.sandlot.toolbox.git;

import dev.sandlot.toolbox.call.ToolboxFailures;
import java.util.List;
import java.util.Optional;

/// A request to restore files.
///
/// @param path of the repository
/// @param source a revision; empty for the index, or for HEAD where what is staged is restored
record RestoreRequest(
    String path, boolean staged, boolean worktree, List<String> files, Optional<String> source) {
  RestoreRequest {
    files = List.copyOf(files);
  }

  /// @throws RuntimeException the body's refusal of what does not fit
  static RestoreRequest read(GitBody body) {
    boolean staged = body.flag("staged");
    boolean worktree = body.optionalFlag("worktree").orElse(!staged);
    List<String> files = body.requiredFiles();
    if (!staged && !worktree) {
      throw ToolboxFailures.badRequest("staged or worktree must be true");
    }
    if (files.isEmpty()) {
      throw body.refused("files", "must name at least one path; \".\" is all");
    }
    return new RestoreRequest(
        body.path(),
        staged,
        worktree,
        files,
        body.optionalText("source").map(source -> RefNames.revision(source, "source")));
  }
}
