package dev.sandlot.launcher;

import dev.sandlot.runtime.RuntimeFailure;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// The images on this machine. Thread-safe.
public final class LauncherImages {
  private final Path launcherSocket;

  /// @param launcherSocket where the launcher listens
  public LauncherImages(Path launcherSocket) {
    this.launcherSocket = launcherSocket;
  }

  /// The id of the newest image of that name.
  ///
  /// @param name "sandlot/default"
  /// @throws RuntimeFailure when the launcher cannot be reached
  public Optional<String> newest(String name) {
    return Optional.ofNullable(newest().get(name)).map(Image::id);
  }

  /// An image that the machine holds.
  public record Image(String id, long sizeBytes) {}

  /// The image that was built last, of each name; those without a name are left out.
  ///
  /// @throws RuntimeFailure when the launcher cannot be reached
  public Map<String, Image> newest() {
    Map<String, Image> newest = new HashMap<>();
    Map<String, String> builtAt = new HashMap<>();
    try (LauncherClient client = new LauncherClient(launcherSocket)) {
      for (Answer.Image image : client.call(new Operation.ListImages()).images()) {
        String name = image.config().flatMap(Answer.ImageConfig::name).orElse("");
        String built = image.config().flatMap(Answer.ImageConfig::builtAt).orElse("");
        if (!name.isEmpty() && built.compareTo(builtAt.getOrDefault(name, "")) >= 0) {
          newest.put(name, new Image(image.id(), image.sizeBytes()));
          builtAt.put(name, built);
        }
      }
    }
    return newest;
  }
}
