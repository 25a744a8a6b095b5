package dev.sandlot.agentclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AgentFailure.Kind;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/// A hostile agent: it sends frames without end and reads nothing.
class FloodingAgentTest {
  private static final int FRAME_BYTES = 17;
  private static final int FLOOD_FRAMES = 60_000;
  private static final byte SETTINGS = 4;
  private static final byte PING = 6;
  private static final byte RESET = 3;

  @Test
  void losesItsLinkWhenItPingsAndDoesNotRead() throws Exception {
    assertThat(takenOf(PING, 8)).isLessThan(FLOOD_FRAMES);
  }

  @Test
  void losesItsLinkWhenItSendsSettingsWithoutEnd() throws Exception {
    assertThat(takenOf(SETTINGS, 0)).isLessThan(FLOOD_FRAMES);
  }

  @Test
  void losesItsLinkWhenItResetsStreamsWithoutEnd() throws Exception {
    assertThat(takenOf(RESET, 4)).isLessThan(FLOOD_FRAMES);
  }

  /// How many frames are taken until the link is ended.
  private static int takenOf(byte type, int payload) throws Exception {
    Path path = Files.createTempDirectory("agent").resolve("s");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        AgentConnector connector = new AgentConnector()) {
      server.bind(UnixDomainSocketAddress.of(path));
      CompletableFuture<Integer> taken =
          CompletableFuture.supplyAsync(() -> flood(server, type, payload));
      try (AgentClient agent = connector.connect(path)) {
        assertThatThrownBy(() -> agent.hello(Duration.ofSeconds(60)))
            .isInstanceOfSatisfying(
                AgentFailure.class,
                failure -> assertThat(failure.kind()).isNotEqualTo(Kind.DEADLINE_EXCEEDED));
        return taken.get();
      }
    } finally {
      Files.deleteIfExists(path);
    }
  }

  private static int flood(ServerSocketChannel server, byte type, int payload) {
    int sent = 0;
    try (SocketChannel link = server.accept()) {
      ByteBuffer settings = frame(SETTINGS, 0, 0);
      while (settings.hasRemaining()) {
        link.write(settings);
      }
      while (sent < 10 * FLOOD_FRAMES) {
        ByteBuffer frame = frame(type, payload, type == RESET ? 1 : 0);
        while (frame.hasRemaining()) {
          link.write(frame);
        }
        sent++;
      }
    } catch (IOException _) {
      // Ended, as it should be.
    }
    return sent;
  }

  private static ByteBuffer frame(byte type, int payload, int stream) {
    ByteBuffer frame = ByteBuffer.allocate(FRAME_BYTES);
    frame.put((byte) 0).putShort((short) payload).put(type).put((byte) 0).putInt(stream);
    return frame.put(new byte[payload]).flip();
  }
}
