package dev.sandlot.runner.launcher;

import dev.sandlot.http.Json;
import dev.sandlot.launcher.LauncherImages;
import dev.sandlot.testing.Waiting;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A launcher for tests, with a home, instance and address range of its own. One for all tests of a
/// JVM; ended, with everything it created, when the JVM ends.
public final class TestLauncher {
  private static @Nullable TestLauncher shared;

  /// A lock among JVMs, since all use the same instance and addresses.
  private final FileChannel alone =
      FileChannel.open(
          Path.of("/run/lock/sandlot-test-runner"),
          StandardOpenOption.CREATE,
          StandardOpenOption.WRITE);

  private final Path home;
  private final Path program;
  private final Path config;
  private Process process;

  private TestLauncher() throws IOException {
    var _ = alone.lock();
    home = Files.createTempDirectory("slr");
    Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
    program = setting("SANDLOT_TEST_NATIVE").resolve("sandlot-launcher");
    config = home.resolve("launcher.json");
    Files.write(config, Json.bytes(settings()));
    process = serve();
  }

  /// The launcher, started with the first call.
  public static synchronized TestLauncher shared() throws IOException, InterruptedException {
    TestLauncher launcher = shared;
    if (launcher == null) {
      launcher = new TestLauncher();
      Runtime.getRuntime().addShutdownHook(new Thread(launcher::clean));
      launcher.awaitSocket();
      shared = launcher;
    }
    return launcher;
  }

  /// The socket on which it listens.
  public Path socket() {
    return home.resolve("run/launcher.sock");
  }

  /// The default image.
  public String image() {
    return image("SANDLOT_TEST_IMAGE", "sandlot/default");
  }

  /// The image with a desktop.
  public String desktopImage() {
    return image("SANDLOT_TEST_DESKTOP_IMAGE", "sandlot/desktop");
  }

  /// The image built from this working copy, or, when that is not known, the newest.
  private String image(String variable, String name) {
    String current = System.getenv(variable);
    if (current != null) {
      return current;
    }
    return new LauncherImages(socket())
        .newest(name)
        .orElseThrow(() ->
            new IllegalStateException(
                "there is no image " + name + " in SANDLOT_TEST_IMAGES; run ./dev setup"));
  }

  /// Kills it and starts it again, like a crash.
  public void restart() throws IOException, InterruptedException {
    process.destroyForcibly().waitFor();
    process = serve();
  }

  private Map<String, Object> settings() {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("instance", "rt");
    settings.put("home", home.toString());
    settings.put("runner_user", System.getProperty("user.name"));
    settings.put("database_user", "nobody");
    settings.put("address_pool", "10.218.0.0/16");
    settings.put("dns_port", 15_353);
    settings.put("pool_bytes", 4L << 30);
    settings.put("runsc", setting("SANDLOT_TEST_RUNSC").toString());
    settings.put("runc", setting("SANDLOT_TEST_RUNC").toString());
    settings.put("agent", setting("SANDLOT_TEST_NATIVE").resolve("sandlot-agent").toString());
    settings.put("images", setting("SANDLOT_TEST_IMAGES").toString());
    settings.put("postgres", setting("SANDLOT_TEST_POSTGRES").toString());
    settings.put("database_port", 5_432);
    settings.put("sandboxes_max", 32);
    return settings;
  }

  private Process serve() throws IOException {
    return new ProcessBuilder(program.toString(), "serve", "--config", config.toString())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(home.resolve("launcher.log").toFile()))
        .start();
  }

  private void awaitSocket() {
    String what = "the launcher listens, or has ended; see " + home + "/launcher.log";
    try {
      Waiting.eventually(what, () -> Files.exists(socket()) || !process.isAlive());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    if (!Files.exists(socket())) {
      throw new IllegalStateException("the launcher did not start; see " + home + "/launcher.log");
    }
  }

  private void clean() {
    try {
      process.destroy();
      process.waitFor(10, TimeUnit.SECONDS);
      run(List.of(program.toString(), "clean", "--config", config.toString()));
      run(List.of("rm", "-rf", "--one-file-system", home.toString()));
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException("the tests' launcher has left something in " + home, e);
    }
  }

  private static void run(List<String> command) throws IOException, InterruptedException {
    new ProcessBuilder(command).inheritIO().start().waitFor(60, TimeUnit.SECONDS);
  }

  private static Path setting(String name) {
    return Path.of(
        Objects.requireNonNull(System.getenv(name), name + " must be set for tests with engines"));
  }
}
