package dev.sandlot.launcher;

import dev.sandlot.runtime.RuntimeFailure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// The images that the machine holds. Thread-safe.
public final class LauncherImages {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Path launcherSocket;

  /// @param launcherSocket where the launcher listens
  public LauncherImages(Path launcherSocket) {
    this.launcherSocket = launcherSocket;
  }

  /// The id of the image of that name that was built last.
  ///
  /// @param name "sandlot/default"
  /// @throws RuntimeFailure when the launcher cannot be asked
  public Optional<String> newest(String name) {
    String newest = "";
    String builtAt = "";
    try (LauncherClient client = new LauncherClient(launcherSocket)) {
      for (JsonNode image : client.ask(Map.of("op", "list_images"), LIMIT).path("images")) {
        JsonNode config = image.path("config");
        String built = config.path("built_at").asString("");
        if (name.equals(config.path("name").asString("")) && built.compareTo(builtAt) >= 0) {
          newest = image.path("id").asString("");
          builtAt = built;
        }
      }
    }
    return newest.isEmpty() ? Optional.empty() : Optional.of(newest);
  }
}
