package dev.sandlot.toolbox.git;

import dev.sandlot.toolbox.call.ToolboxFailures;
import java.util.List;
import java.util.Set;

/// A request to reset.
///
/// @param path of the repository
/// @param files to reset; empty for all
record ResetRequest(String path, String mode, String target, List<String> files) {
  private static final Set<String> MODES = Set.of("soft", "mixed", "hard", "merge", "keep");

  ResetRequest {
    files = List.copyOf(files);
  }

  /// @throws RuntimeException the body's refusal of what does not fit
  static ResetRequest read(GitBody body) {
    String mode = body.optionalText("mode").orElse("mixed");
    String target = RefNames.revision(body.optionalText("target").orElse("HEAD"), "target");
    List<String> files = body.files();
    if (!MODES.contains(mode)) {
      throw ToolboxFailures.badRequest("mode must be soft, mixed, hard, merge or keep");
    }
    if (!files.isEmpty() && !mode.equals("mixed")) {
      throw ToolboxFailures.badRequest(
          "files can be reset in mode mixed only; leave out files, or the mode");
    }
    return new ResetRequest(body.path(), mode, target, files);
  }
}
