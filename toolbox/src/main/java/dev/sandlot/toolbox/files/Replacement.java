package dev.sandlot.toolbox.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.agentclient.files.AgentFiles;
import dev.sandlot.agentclient.files.AgentFiles.WriteOptions;
import dev.sandlot.agentclient.files.FileStatus;
import dev.sandlot.agentclient.files.FileStatus.FileKind;
import dev.sandlot.agentclient.files.ReadableFile;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.ProcessRequest;
import dev.sandlot.agentclient.process.RunOutcome;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.IOException;
import java.io.OutputStream;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// Replaces a text by another in files of a sandbox; each file succeeds or fails on its own. The
/// replacement is atomic: the new text is written to a temporary file in the same folder, with the
/// same mode and owner, which is then renamed. Where the sandbox's user cannot do that (the folder
/// or the file belongs to somebody else) the file is overwritten, from a complete copy in /tmp.
/// Used by one thread.
final class Replacement {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int NAME_BYTES = 8;
  private static final int PERMISSIONS = 0777;
  private static final int PRIVATE = 0600;
  private static final int FOLDER_MODE = 0755;

  /// The kernel's limit of links to follow.
  private static final int LINKS_MAX = 40;

  private static final String FALLBACK_FOLDER = "/tmp";
  private static final Duration STEP_MAX = Duration.ofSeconds(30);

  private final RunningSandbox sandbox;
  private final AgentFiles files;
  private final LiteralText text;
  private final byte[] replacement;
  private final SearchLimits limits;

  Replacement(RunningSandbox sandbox, LiteralText text, String replacement, SearchLimits limits) {
    this.sandbox = sandbox;
    this.files = sandbox.agent().files();
    this.text = text;
    this.replacement = replacement.getBytes(UTF_8);
    this.limits = limits;
  }

  /// Replaces in one file. A file without the text is left as it is.
  ///
  /// @throws OperationFailure with the reason; the file is unchanged then, unless the message names
  ///   a copy with the new text
  void in(String path) throws IOException, InterruptedException {
    try {
      FileStatus status = files.status(path);
      if (status.kind() != FileKind.REGULAR) {
        throw ToolboxFailures.invalidPath(
            path + (status.directory() ? " is a directory" : " is no regular file"));
      }
      long count = occurrences(path);
      long size = status.size() + count * (replacement.length - text.length());
      if (size > limits.replacedBytesMax()) {
        throw ToolboxFailures.badRequest(
            path + " would have more than " + limits.replacedBytesMax() + " bytes");
      }
      if (count > 0 && !replaceByRename(path, status)) {
        overwrite(path);
      }
    } catch (AgentFailure failure) {
      throw ToolboxFailures.of(failure, path);
    }
  }

  private long occurrences(String path) throws IOException {
    try (ReadableFile file = files.read(path, 0, 0);
        ReplacingInputStream replacing =
            new ReplacingInputStream(file.content(), text, new byte[0])) {
      replacing.transferTo(OutputStream.nullOutputStream());
      return replacing.count();
    }
  }

  /// Replaces the file by renaming a copy with the new text.
  ///
  /// @return false when the sandbox's user has no permission; then nothing has changed
  private boolean replaceByRename(String path, FileStatus status)
      throws IOException, InterruptedException {
    Optional<String> target = resolveLinks(path);
    if (target.isEmpty()) {
      return false;
    }
    String folder = target.get().substring(0, target.get().lastIndexOf('/') + 1);
    String copy = folder + temporaryName();
    boolean copyExists = true;
    try {
      write(target.get(), copy, status.permissions() & PERMISSIONS);
      files.setAttributes(
          copy,
          OptionalInt.of(status.permissions()),
          Long.toString(status.owner()),
          Long.toString(status.group()));
      copyExists = !succeeds(List.of("mv", "-f", "--", copy, target.get()));
      return !copyExists;
    } catch (AgentFailure failure) {
      if (failure.kind() == AgentFailure.Kind.PERMISSION_DENIED) {
        return false;
      }
      throw failure;
    } finally {
      if (copyExists) {
        removeIfThere(copy);
      }
    }
  }

  private void overwrite(String path) throws IOException {
    String copy = FALLBACK_FOLDER + "/" + temporaryName();
    boolean overwriting = false;
    try {
      write(path, copy, PRIVATE);
      try (ReadableFile whole = files.read(copy, 0, 0)) {
        overwriting = true;
        files.write(path, new WriteOptions(PRIVATE, FOLDER_MODE), whole.content());
        overwriting = false;
      } catch (AgentFailure failure) {
        // A file that cannot be opened has not been changed.
        overwriting = overwriting && failure.kind() != AgentFailure.Kind.PERMISSION_DENIED;
        throw failure;
      }
    } catch (AgentFailure failure) {
      OperationFailure reported = ToolboxFailures.of(failure, path);
      throw overwriting
          ? new OperationFailure(
              reported.errorCode(), reported.sentence() + "; its new text is whole in " + copy)
          : reported;
    } finally {
      if (!overwriting) {
        removeIfThere(copy);
      }
    }
  }

  private void write(String from, String to, int permissions) throws IOException {
    try (ReadableFile file = files.read(from, 0, 0);
        ReplacingInputStream replaced =
            new ReplacingInputStream(file.content(), text, replacement)) {
      files.write(to, new WriteOptions(permissions, FOLDER_MODE), replaced);
    }
  }

  private void removeIfThere(String path) {
    try {
      files.remove(path, false);
    } catch (AgentFailure failure) {
      if (failure.kind() != AgentFailure.Kind.NOT_FOUND) {
        throw failure;
      }
    }
  }

  /// Follows symbolic links to the file; empty when they form a loop.
  private Optional<String> resolveLinks(String path) {
    String end = path;
    for (int round = 0; round < LINKS_MAX; round++) {
      Optional<String> target = files.linkTarget(end);
      if (target.isEmpty()) {
        return Optional.of(end);
      }
      String folder = end.substring(0, end.lastIndexOf('/') + 1);
      end = target.get().startsWith("/") ? target.get() : folder + target.get();
    }
    return Optional.empty();
  }

  /// Whether a command exists and succeeds.
  private boolean succeeds(List<String> command) throws IOException, InterruptedException {
    ProcessRequest request =
        new ProcessRequest(command, new byte[0], Map.of("LC_ALL", "C"), "", STEP_MAX);
    return sandbox.agent().runPlatform(request, _ -> {}).equals(new RunOutcome.Exited(0));
  }

  private static String temporaryName() {
    byte[] bytes = new byte[NAME_BYTES];
    RANDOM.nextBytes(bytes);
    return ".sandlot-" + HexFormat.of().formatHex(bytes);
  }
}
