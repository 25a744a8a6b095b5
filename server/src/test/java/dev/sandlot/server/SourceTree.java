package dev.sandlot.server;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/// The files of this repository, without what was built or fetched.
final class SourceTree {
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  private static final Set<String> NOT_OURS =
      Set.of("target", "node_modules", "__pycache__", "site-packages");

  private SourceTree() {}

  /// The paths, relative to the repository, sorted.
  static List<Path> files(Predicate<String> wanted) throws IOException {
    List<Path> found = new ArrayList<>();
    Files.walkFileTree(
        ROOT,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            String name = folder.getFileName().toString();
            boolean hidden = name.startsWith(".") && !name.equals(".ci");
            return !folder.equals(ROOT) && (hidden || NOT_OURS.contains(name))
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            Path path = ROOT.relativize(file);
            if (attributes.isRegularFile() && wanted.test(path.toString())) {
              found.add(path);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return found.stream().sorted().toList();
  }

  static boolean exists(Path path) {
    return Files.exists(ROOT.resolve(path));
  }

  static List<String> lines(Path path) throws IOException {
    return Files.readAllLines(ROOT.resolve(path));
  }

  static String text(Path path) throws IOException {
    return Files.readString(ROOT.resolve(path));
  }
}
