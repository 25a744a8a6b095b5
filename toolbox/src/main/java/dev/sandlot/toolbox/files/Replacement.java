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
import dev.sandlot.http.HttpFailure;
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

/// Puts one text in the place of another in files of a sandbox, each a success or a failure of its
/// own. At every moment a file holds its old text or its new one, whatever is killed: the new text
/// is written beside it, with the same mode and owner, and then takes its name. Only where the
/// sandbox's user cannot do that (the folder or the owner is another's) it is written over, from a
/// copy in /tmp that is whole before the file is touched. Used by one thread.
final class Replacement {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int NAME_BYTES = 8;
  private static final int PERMISSIONS = 0777;
  private static final int PRIVATE = 0600;
  private static final int FOLDER_MODE = 0755;

  /// As the kernel counts.
  private static final int LINKS_MAX = 40;

  private static final String ELSEWHERE = "/tmp";
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

  /// Replaces in one file. One without the text is left as it is.
  ///
  /// @throws HttpFailure with the reason why not; then the file is as it was
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
      if (count > 0 && !exchange(path, status)) {
        writeOver(path);
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

  /// @return false when the user may not do it; then nothing has changed
  private boolean exchange(String path, FileStatus status)
      throws IOException, InterruptedException {
    Optional<String> target = linkEnd(path);
    if (target.isEmpty()) {
      return false;
    }
    String folder = target.get().substring(0, target.get().lastIndexOf('/') + 1);
    String copy = folder + temporaryName();
    boolean there = true;
    try {
      write(target.get(), copy, status.permissions() & PERMISSIONS);
      files.setAttributes(
          copy,
          OptionalInt.of(status.permissions()),
          Long.toString(status.owner()),
          Long.toString(status.group()));
      there = !runs(List.of("mv", "-f", "--", copy, target.get()));
      return !there;
    } catch (AgentFailure failure) {
      if (failure.kind() == AgentFailure.Kind.PERMISSION_DENIED) {
        return false;
      }
      throw failure;
    } finally {
      if (there) {
        removeIfThere(copy);
      }
    }
  }

  private void writeOver(String path) throws IOException {
    String copy = ELSEWHERE + "/" + temporaryName();
    boolean begun = false;
    try {
      write(path, copy, PRIVATE);
      try (ReadableFile whole = files.read(copy, 0, 0)) {
        begun = true;
        files.write(path, new WriteOptions(PRIVATE, FOLDER_MODE), whole.content());
        begun = false;
      } catch (AgentFailure failure) {
        // One that may not be opened has not been touched.
        begun = begun && failure.kind() != AgentFailure.Kind.PERMISSION_DENIED;
        throw failure;
      }
    } catch (AgentFailure failure) {
      HttpFailure told = ToolboxFailures.of(failure, path);
      throw begun
          ? new HttpFailure(
              told.status(),
              told.code().orElse(""),
              told.sentence() + "; its new text is whole in " + copy)
          : told;
    } finally {
      if (!begun) {
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

  /// The file that a path leads to in the end; empty when it leads in a circle.
  private Optional<String> linkEnd(String path) {
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

  /// Whether a program is there and succeeds.
  private boolean runs(List<String> command) throws IOException, InterruptedException {
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
