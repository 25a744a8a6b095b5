package dev.sandlot.agentclient.files;

import dev.sandlot.agent.v1.FileStat;
import dev.sandlot.agentclient.link.AgentLink;
import java.time.Instant;

/// A file's attributes.
///
/// @param path absolute
/// @param name the last part of it
/// @param permissions with set-id and sticky bits, 0 to 07777
public record FileStatus(
    String path,
    String name,
    FileKind kind,
    long size,
    int permissions,
    long owner,
    long group,
    Instant modifiedAt) {
  private static final int PATH_CHARACTERS_MAX = 8_192;
  private static final int PERMISSION_BITS = 07777;
  private static final long UNSIGNED_INT = 0xffff_ffffL;

  /// What a file is.
  public enum FileKind {
    REGULAR,
    DIRECTORY,
    SYMLINK,
    /// A device, a socket or a pipe.
    OTHER
  }

  public boolean directory() {
    return kind == FileKind.DIRECTORY;
  }

  /// A file, from the agent's answer.
  public static FileStatus of(FileStat stat) {
    String path = stat.getPath();
    String name = stat.getName();
    if (path.isEmpty() || path.length() > PATH_CHARACTERS_MAX || path.indexOf('\0') >= 0) {
      throw AgentLink.broken("a path of " + path.length() + " characters");
    }
    if (name.length() > PATH_CHARACTERS_MAX || name.indexOf('\0') >= 0) {
      throw AgentLink.broken("a name of " + name.length() + " characters");
    }
    if (stat.getSize() < 0) {
      throw AgentLink.broken("a size beyond all disks");
    }
    return new FileStatus(
        path,
        name,
        kind(stat),
        stat.getSize(),
        stat.getMode() & PERMISSION_BITS,
        stat.getUid() & UNSIGNED_INT,
        stat.getGid() & UNSIGNED_INT,
        instant(stat.getModifiedAtNs()));
  }

  private static Instant instant(long nanoseconds) {
    long second = 1_000_000_000L;
    return Instant.ofEpochSecond(
        Math.floorDiv(nanoseconds, second), Math.floorMod(nanoseconds, second));
  }

  private static FileKind kind(FileStat stat) {
    return switch (stat.getType()) {
      case FILE_TYPE_REGULAR -> FileKind.REGULAR;
      case FILE_TYPE_DIRECTORY -> FileKind.DIRECTORY;
      case FILE_TYPE_SYMLINK -> FileKind.SYMLINK;
      case FILE_TYPE_OTHER, FILE_TYPE_UNSPECIFIED, UNRECOGNIZED -> FileKind.OTHER;
    };
  }
}
