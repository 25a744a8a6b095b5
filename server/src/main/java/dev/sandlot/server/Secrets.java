package dev.sandlot.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.controlplane.access.Secret;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;

/// This installation's own secrets, made at its first start, each in a file that only the server's
/// user reads.
final class Secrets {
  private static final int BYTES = 32;

  private final Path folder;

  /// @throws UncheckedIOException when the folder cannot be made
  Secrets(Path folder) {
    this.folder = folder;
    try {
      Files.createDirectories(folder);
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make the folder of secrets, " + folder, e);
    }
  }

  /// The secret of that name, `prefix` and 64 hexadecimal digits; made now if there is none.
  ///
  /// @throws IllegalArgumentException when what is there can be guessed: an operator may have
  ///   chosen another one, or taken that of an example, which opens every installation that did so
  String named(String name, String prefix) {
    Path file = folder.resolve(name);
    try {
      if (Files.exists(file)) {
        return Secret.chosen(file.toString(), Files.readString(file).strip()).text();
      }
      byte[] random = new byte[BYTES];
      new SecureRandom().nextBytes(random);
      String secret = prefix + HexFormat.of().formatHex(random);
      write(file, secret);
      return secret;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read or make the secret " + file, e);
    }
  }

  /// A secret in a file of the operator's.
  ///
  /// @throws IllegalArgumentException when it can be guessed
  static Secret read(Path file) {
    try {
      return Secret.chosen(file.toString(), Files.readString(file).strip());
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot read the key file " + file + "; it must be readable by the server's user", e);
    }
  }

  private static void write(Path file, String secret) throws IOException {
    Path unfinished = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(unfinished);
    Files.createFile(
        unfinished,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.write(unfinished, (secret + "\n").getBytes(UTF_8));
    Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
