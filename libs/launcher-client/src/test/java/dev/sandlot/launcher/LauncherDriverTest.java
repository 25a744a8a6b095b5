package dev.sandlot.launcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.model.Ipv4Range;
import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxLimits;
import dev.sandlot.runtime.HostedDisk;
import dev.sandlot.runtime.RuntimeFailure;
import dev.sandlot.runtime.RuntimeFailure.Kind;
import dev.sandlot.runtime.StartRequest;
import dev.sandlot.runtime.StartedSandbox;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The driver with a fake launcher, whose answers the test sets.
class LauncherDriverTest {
  private final BlockingQueue<String> questions = new LinkedBlockingQueue<>();
  private final SandboxId id = SandboxId.of("11111111-2222-3333-4444-555555555555");
  private volatile Function<String, @Nullable String> answers = _ -> "{\"ok\":{}}";
  private Path socket;
  private ServerSocketChannel server;
  private LauncherDriver driver;

  @BeforeEach
  void start() throws IOException {
    socket = Files.createTempDirectory("launcher").resolve("s");
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    Thread.ofVirtual().start(this::accept);
    driver = new LauncherDriver(socket, "runsc");
  }

  @AfterEach
  void stop() throws IOException {
    driver.close();
    server.close();
    Files.deleteIfExists(socket);
  }

  private void accept() {
    try {
      while (true) {
        SocketChannel connection = server.accept();
        Thread.ofVirtual().start(() -> serve(connection));
      }
    } catch (IOException _) {
      // Closed.
    }
  }

  /// An answer of null closes the connection.
  private void serve(SocketChannel connection) {
    try (connection;
        BufferedReader in =
            new BufferedReader(new InputStreamReader(Channels.newInputStream(connection), UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        questions.add(line);
        String answer = answers.apply(line);
        if (answer == null) {
          return;
        }
        ByteBuffer bytes = ByteBuffer.wrap((answer + "\n").getBytes(UTF_8));
        while (bytes.hasRemaining()) {
          connection.write(bytes);
        }
      }
    } catch (IOException _) {
      // The driver has disconnected.
    }
  }

  @Test
  void sendsAStartInTheLaunchersFormat() throws Exception {
    answers =
        _ ->
            "{\"ok\":{\"agent_socket\":\"/run/a.sock\",\"address\":\"10.0.0.2\","
                + "\"phases\":{\"network_us\":5,\"storage_us\":6,\"engine_us\":7}}}";
    NetworkPolicy network = new NetworkPolicy.AllowList(List.of(Ipv4Range.of("203.0.113.0/24")));

    StartedSandbox started =
        driver.start(
            new StartRequest(id, new SandboxLimits(1_000, 64 << 20, 64 << 20, 100), network));

    assertThat(started.agentSocket()).isEqualTo(Path.of("/run/a.sock"));
    assertThat(started.engine()).isEqualTo(Duration.ofNanos(7_000));
    assertThat(questions.take())
        .contains("\"op\":\"start_sandbox\"")
        .contains("\"id\":\"" + id + "\"")
        .contains("\"engine\":\"runsc\"")
        .contains("\"mode\":\"allow\"", "\"cidrs\":[\"203.0.113.0/24\"]")
        .doesNotContain("disk_bytes");
  }

  @Test
  void mapsTheLaunchersErrorCodes() {
    Map<String, Kind> kinds =
        Map.of(
            "not_found", Kind.NOT_FOUND,
            "no_space", Kind.NO_SPACE,
            "capacity", Kind.CAPACITY,
            "engine", Kind.ENGINE,
            "somethingnew", Kind.INTERNAL);

    kinds.forEach((code, kind) -> {
      answers = _ -> "{\"error\":{\"code\":\"" + code + "\",\"message\":\"because\"}}";
      assertThatThrownBy(() -> driver.kill(id))
          .isInstanceOfSatisfying(
              RuntimeFailure.class, failure -> assertThat(failure.kind()).isEqualTo(kind))
          .hasMessage("because");
    });
  }

  @Test
  void returnsNoneForAnUnknownSandbox() {
    answers = _ -> "{\"error\":{\"code\":\"not_found\",\"message\":\"none\"}}";

    assertThat(driver.inspect(id)).isEqualTo(Optional.empty());
  }

  @Test
  void retriesWhenTheLauncherWasRestarted() {
    driver.kill(id);
    questions.clear();
    answers = _ -> questions.size() == 1 ? null : "{\"ok\":{}}";

    driver.kill(id);

    assertThat(questions).hasSize(2);
  }

  @Test
  void refusesAMalformedAnswer() {
    answers = _ -> "nonsense";

    assertThatThrownBy(() -> driver.kill(id))
        .isInstanceOfSatisfying(
            RuntimeFailure.class, failure -> assertThat(failure.kind()).isEqualTo(Kind.INTERNAL));
  }

  @Test
  void readsWhatALauncherSaysOfItsSandboxes() {
    answers =
        _ ->
            """
            {"ok":{"sandboxes":[
              {"id":"%s","image":"default","disk_bytes":67108864,"running":true,"engine":"runsc",
               "address":"10.0.0.2","limits":{"cpu_millis":1000,"memory_bytes":134217728,"pids":100},
               "network":{"mode":"allow","cidrs":["203.0.113.0/24"]},
               "agent_socket":"/run/a.sock","added_later":1},
              {"id":"%s","image":"default","disk_bytes":7,"running":false,
               "network":{"mode":"of a newer launcher"},
               "exit":{"code":-1,"signal":9,"oom":true,"at_ms":5,"reason":"out_of_memory"}}
            ]}}\
            """
                .formatted(id, id)
                .replace("\n", "");

    List<HostedDisk> disks = driver.list();

    HostedDisk running = disks.getFirst();
    assertThat(running.network())
        .contains(new NetworkPolicy.AllowList(List.of(Ipv4Range.of("203.0.113.0/24"))));
    assertThat(running.limits()).contains(new SandboxLimits(1_000, 128 << 20, 64 << 20, 100));
    assertThat(running.agentSocket()).contains(Path.of("/run/a.sock"));
    HostedDisk ended = disks.getLast();
    assertThat(ended.address()).isEmpty();
    assertThat(ended.network()).contains(new NetworkPolicy.BlockAll());
    assertThat(ended.exit().orElseThrow().outOfMemory()).isTrue();
  }

  @Test
  void sendsNoFieldThatAnOperationDoesNotHave() throws Exception {
    driver.setNetwork(id, new NetworkPolicy.BlockAll());

    assertThat(questions.take())
        .isEqualTo(
            "{\"op\":\"set_network\",\"id\":\"" + id + "\",\"network\":{\"mode\":\"block\"}}");
  }
}
