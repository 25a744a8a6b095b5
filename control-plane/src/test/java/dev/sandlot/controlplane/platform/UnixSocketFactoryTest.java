package dev.sandlot.controlplane.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the PostgreSQL driver needs of a socket: a time limit for a read, after which it may read
/// on, and an end from another thread.
class UnixSocketFactoryTest {
  @TempDir private Path folder;
  private ServerSocketChannel listener;
  private Socket socket;
  private SocketChannel peer;

  @BeforeEach
  void connect() throws IOException {
    Path path = folder.resolve("s");
    listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    listener.bind(UnixDomainSocketAddress.of(path));
    socket = new UnixSocketFactory(path.toString()).createSocket();
    socket.connect(new InetSocketAddress("127.0.0.1", 5432), 0);
    peer = listener.accept();
  }

  @AfterEach
  void close() throws IOException {
    socket.close();
    peer.close();
    listener.close();
  }

  private void say(int octet) throws IOException {
    peer.write(ByteBuffer.wrap(new byte[] {(byte) octet}));
  }

  @Test
  void readsOnAfterATimeLimit() throws IOException {
    socket.setSoTimeout(50);
    assertThatThrownBy(() -> socket.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class)
        .hasMessageContaining("within 50 ms");

    say(7);
    assertThat(socket.getInputStream().read()).isEqualTo(7);
    socket.setSoTimeout(0);
    say(8);
    assertThat(socket.getInputStream().read()).isEqualTo(8);
  }

  @Test
  void endsAReadFromAnotherThread() throws Exception {
    endsARead(0);
  }

  @Test
  void endsAReadWithATimeLimitFromAnotherThread() throws Exception {
    endsARead(60_000);
  }

  private void endsARead(int limitMillis) throws Exception {
    socket.setSoTimeout(limitMillis);
    CountDownLatch reading = new CountDownLatch(1);
    CompletableFuture<IOException> ended = new CompletableFuture<>();
    Thread reader =
        Thread.ofVirtual()
            .start(() -> {
              reading.countDown();
              try {
                ended.completeExceptionally(
                    new AssertionError("read " + socket.getInputStream().read()));
              } catch (IOException e) {
                ended.complete(e);
              } catch (RuntimeException e) {
                ended.completeExceptionally(e);
              }
            });
    assertThat(reading.await(20, TimeUnit.SECONDS)).isTrue();
    socket.close();
    assertThat(ended.get(20, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
    reader.join();
    assertThat(socket.isClosed()).isTrue();
  }

  @Test
  void seesTheOtherSidesEnd() throws IOException {
    peer.close();
    assertThat(socket.getInputStream().read()).isEqualTo(-1);
  }

  @Test
  void saysWhereNobodyAnswers() {
    Path nowhere = folder.resolve("nowhere");
    assertThatThrownBy(() -> new UnixSocketFactory(nowhere.toString()).createSocket("x", 1))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("nothing answers at the socket " + nowhere);
  }
}
