package dev.sandlot.controlplane;

import dev.sandlot.controlplane.platform.DatabaseConfig;
import dev.sandlot.testing.Waiting;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/// A real PostgreSQL for tests: one server per JVM in a folder of its own, one database per test
/// class. It runs as a user without rights and dies with the JVM.
public final class PostgresHarness {
  private static final String PASSWORD = "only-for-tests";
  private static final AtomicInteger NEXT = new AtomicInteger();

  private static final class Holder {
    static final PostgresHarness SERVER = new PostgresHarness();
  }

  private final Path folder;
  private final Path programs;
  private final int port;
  private final String role = System.getProperty("user.name");
  private Process server;

  private PostgresHarness() {
    try {
      programs = programs();
      folder = Files.createTempDirectory("sandlot-postgres-");
      port = freePort();
      initialise();
      server = startServer();
      Runtime.getRuntime().addShutdownHook(new Thread(this::remove));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// An empty database, over TCP.
  public static DatabaseConfig database() {
    PostgresHarness harness = Holder.SERVER;
    String name = harness.create();
    return new DatabaseConfig(
        "jdbc:postgresql://127.0.0.1:" + harness.port + "/" + name,
        Optional.of(harness.role),
        Optional.of(PASSWORD),
        Optional.empty(),
        8,
        Map.of());
  }

  /// An empty database, over the Unix socket, where the server tells by the peer who connects.
  public static DatabaseConfig databaseBySocket() {
    PostgresHarness harness = Holder.SERVER;
    return DatabaseConfig.ofSocket(harness.folder, harness.port, harness.role, harness.create());
  }

  /// Kills the server without warning. Every test that does so starts it again.
  public static void crash() {
    PostgresHarness harness = Holder.SERVER;
    try {
      new ProcessBuilder(
              harness.asServer("bin/pg_ctl", "stop", "-m", "immediate", "-D", harness.data()))
          .inheritIO()
          .start()
          .waitFor(30, TimeUnit.SECONDS);
      harness.server.waitFor(30, TimeUnit.SECONDS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Starts the server again after a crash.
  public static void restart() {
    try {
      Holder.SERVER.server = Holder.SERVER.startServer();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String data() {
    return folder.resolve("data").toString();
  }

  private String create() {
    String name = "test_" + NEXT.incrementAndGet();
    try (Connection connection = connect("postgres");
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return name;
  }

  private Connection connect(String database) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + port + "/" + database, role, PASSWORD);
  }

  private static Path programs() throws IOException {
    String chosen = System.getenv("SANDLOT_TEST_POSTGRES");
    if (chosen != null) {
      return Path.of(chosen);
    }
    Path cache = Path.of("/var/cache/sandlot/postgres");
    try (Stream<Path> versions = Files.isDirectory(cache) ? Files.list(cache) : Stream.of()) {
      return versions
          .filter(version -> Files.isExecutable(version.resolve("bin/postgres")))
          .max(Comparator.naturalOrder())
          .orElseThrow(() ->
              new IOException(
                  "there are no PostgreSQL programs in "
                      + cache
                      + "; run ./dev setup, or point SANDLOT_TEST_POSTGRES at some"));
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }

  private static boolean root() {
    return System.getProperty("user.name").equals("root");
  }

  /// PostgreSQL refuses to run as root.
  private List<String> asServer(String program, String... arguments) {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("setpriv", "--pdeathsig", "KILL"));
    if (root()) {
      String user = serverUser();
      command.addAll(List.of("--reuid", user, "--regid", user, "--clear-groups"));
    }
    command.add(programs.resolve(program).toString());
    command.addAll(List.of(arguments));
    return command;
  }

  private static String serverUser() {
    try {
      boolean own =
          Files.readAllLines(Path.of("/etc/passwd")).stream()
              .anyMatch(line -> line.startsWith("sandlot-db:"));
      return own ? "sandlot-db" : "daemon";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void initialise() throws IOException {
    Path password = Files.writeString(folder.resolve("password"), PASSWORD);
    if (root()) {
      run(List.of("chown", "-R", serverUser() + ":" + serverUser(), folder.toString()));
    }
    run(
        asServer(
            "bin/initdb",
            "--pgdata",
            data(),
            "--username",
            role,
            "--auth-local",
            "peer",
            "--auth-host",
            "scram-sha-256",
            "--pwfile",
            password.toString(),
            "--encoding",
            "UTF8",
            "--no-sync"));
  }

  private Process startServer() throws IOException {
    Process process =
        new ProcessBuilder(
                asServer(
                    "bin/postgres",
                    "-D",
                    data(),
                    "-k",
                    folder.toString(),
                    "-h",
                    "127.0.0.1",
                    "-p",
                    Integer.toString(port),
                    "-c",
                    "fsync=off",
                    "-c",
                    "max_connections=200",
                    "-c",
                    "shared_buffers=32MB"))
            .directory(new File("/"))
            .redirectErrorStream(true)
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(
                    Files.createTempFile("sandlot-postgres-", ".log").toFile()))
            .start();
    try {
      Waiting.eventually("PostgreSQL answers in " + folder, () -> answers(process));
    } catch (Exception e) {
      throw new IOException(e);
    }
    return process;
  }

  private boolean answers(Process process) throws IOException {
    try (Connection _ = connect("postgres")) {
      return true;
    } catch (SQLException e) {
      if (!process.isAlive()) {
        throw new IOException("PostgreSQL has ended", e);
      }
      return false;
    }
  }

  private static void run(List<String> command) throws IOException {
    Process process =
        new ProcessBuilder(command).directory(new File("/")).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new IOException(command.getFirst() + " failed: " + output);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void remove() {
    server.destroyForcibly();
    try (Stream<Path> files = Files.walk(folder)) {
      server.waitFor(10, TimeUnit.SECONDS);
      files.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
    } catch (IOException | InterruptedException e) {
      System.err.println("could not remove " + folder + ": " + e);
    }
  }
}
