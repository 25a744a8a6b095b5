package dev.sandlot.launcher;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/// A connection to the launcher: sends a line, gets a line back. Used by one thread at a time.
final class LauncherConnection {
  /// Enough for a list of thousands of sandboxes.
  private static final int ANSWER_BYTES_MAX = 32 << 20;

  private static final int BUFFER_BYTES = 16 << 10;

  /// Ends reads at their timeout, since channels have none.
  private static final ScheduledExecutorService TIMER =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("launcher-clock").factory());

  private final SocketChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).flip();
  private volatile boolean timedOut;

  private LauncherConnection(SocketChannel channel) {
    this.channel = channel;
  }

  static LauncherConnection open(Path socket) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
      return new LauncherConnection(channel);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  byte[] exchange(byte[] line, Duration timeout) throws IOException {
    ScheduledFuture<?> timer =
        TIMER.schedule(
            () -> {
              timedOut = true;
              close();
            },
            timeout.toMillis(),
            TimeUnit.MILLISECONDS);
    try {
      ByteBuffer out = ByteBuffer.allocate(line.length + 1).put(line).put((byte) '\n').flip();
      while (out.hasRemaining()) {
        channel.write(out);
      }
      return readLine();
    } finally {
      timer.cancel(false);
    }
  }

  /// Whether the connection was ended because an answer took too long.
  boolean timedOut() {
    return timedOut;
  }

  void close() {
    try {
      channel.close();
    } catch (IOException _) {
      // It is gone either way.
    }
  }

  private byte[] readLine() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (true) {
      while (buffer.hasRemaining()) {
        byte next = buffer.get();
        if (next == '\n') {
          return line.toByteArray();
        }
        line.write(next);
      }
      if (line.size() > ANSWER_BYTES_MAX) {
        throw new IOException("the launcher's answer is larger than " + ANSWER_BYTES_MAX);
      }
      buffer.clear();
      int count = channel.read(buffer);
      buffer.flip();
      if (count < 0) {
        throw new EOFException("the launcher closed the connection");
      }
    }
  }
}
