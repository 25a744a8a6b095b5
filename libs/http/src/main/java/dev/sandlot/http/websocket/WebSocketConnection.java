package dev.sandlot.http.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.http.websocket.WebSocketFrames.Head;
import dev.sandlot.http.websocket.WebSocketFrames.Violation;
import dev.sandlot.model.OperationFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A WebSocket over two streams. A thread of its own reads all the time, so that pings are answered
/// and the other side's end is seen while the endpoint does something else.
final class WebSocketConnection implements WebSocket {
  private static final Logger LOGGER = LoggerFactory.getLogger(WebSocketConnection.class);
  private static final int MESSAGE_OVERHEAD_BYTES = 64;

  private final InputStream in;
  private final OutputStream out;
  private final WebSocketLimits limits;

  /// Fair: whoever sends without end must not keep a pong waiting.
  private final ReentrantLock sending = new ReentrantLock(true);

  private final ReentrantLock receiving = new ReentrantLock();
  private final Condition changed = receiving.newCondition();
  private final Deque<Message> waiting = new ArrayDeque<>();
  private final List<Runnable> closeActions = new ArrayList<>();
  private int waitingBytes;
  private boolean over;
  private volatile boolean closeSent;

  WebSocketConnection(InputStream in, OutputStream out, WebSocketLimits limits) {
    this.in = in;
    this.out = out;
    this.limits = limits;
  }

  /// Serves the connection to its end.
  void serve(WebSocketEndpoint endpoint) {
    Thread reader = Thread.ofVirtual().name("websocket-reader").start(this::readAll);
    try {
      endpoint.serve(this);
      close(NORMAL, "");
    } catch (IOException | UncheckedIOException e) {
      LOGGER.atDebug().setCause(e).log("websocket ended early");
      close(INTERNAL_ERROR, "the connection to the sandbox has ended");
    } catch (InterruptedException _) {
      close(GOING_AWAY, "the server is stopping, connect again");
    } catch (OperationFailure failure) {
      close(INTERNAL_ERROR, failure.sentence());
    } catch (Exception e) {
      String reference = UUID.randomUUID().toString();
      LOGGER
          .atError()
          .setCause(e)
          .addKeyValue("reference", reference)
          .log("websocket failed unexpectedly");
      close(INTERNAL_ERROR, "something went wrong on the server, reference " + reference);
    } finally {
      takeLeave(reader);
    }
  }

  /// Waits for the other side's close: ending the connection with data unread would make the system
  /// throw away what the other side has not read yet.
  private void takeLeave(Thread reader) {
    try {
      reader.join(limits.farewellMax());
      abort();
      reader.join();
    } catch (InterruptedException _) {
      abort();
      Thread.currentThread().interrupt();
    }
  }

  // What comes in.

  private void readAll() {
    try {
      readMessages();
    } catch (Violation violation) {
      close(violation.code(), String.valueOf(violation.getMessage()));
      drain();
    } catch (IOException | UncheckedIOException _) {
      // The other side is gone.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      becomeOver();
    }
  }

  private void readMessages() throws IOException, InterruptedException {
    MessageAssembly assembly = new MessageAssembly(limits.messageBytesMax());
    while (true) {
      Head head = WebSocketFrames.head(in);
      if (!head.control()) {
        Optional<Message> message = assembly.add(head, in);
        if (message.isPresent()) {
          deliver(message.get());
        }
      } else if (answered(head.opcode(), WebSocketFrames.payload(in, head, Optional.empty()))) {
        return;
      }
    }
  }

  /// @return whether it was the other side's close
  private boolean answered(int opcode, byte[] payload) throws IOException {
    switch (opcode) {
      case WebSocketFrames.PING -> pong(payload);
      case WebSocketFrames.CLOSE -> {
        int code = WebSocketFrames.closeCode(payload);
        close(code, "");
        return true;
      }
      default -> {
        // An answer to a ping of ours, or one that nobody asked for.
      }
    }
    return false;
  }

  private void pong(byte[] payload) throws IOException {
    sending.lock();
    try {
      if (!closeSent) {
        write(WebSocketFrames.frame(WebSocketFrames.PONG, payload, 0, payload.length));
      }
    } finally {
      sending.unlock();
    }
  }

  /// What it takes here: an empty one is not nothing.
  private static int size(Message message) {
    return message.bytes().length + MESSAGE_OVERHEAD_BYTES;
  }

  private void deliver(Message message) throws InterruptedException {
    receiving.lock();
    try {
      while (waitingBytes + size(message) > limits.waitingBytesMax()
          && !waiting.isEmpty()
          && !closeSent) {
        changed.await();
      }
      if (!closeSent) {
        waiting.add(message);
        waitingBytes += size(message);
        changed.signalAll();
      }
    } finally {
      receiving.unlock();
    }
  }

  /// After a violation nothing more is understood, but the other side may still be sending.
  private void drain() {
    try {
      in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException | UncheckedIOException _) {
      // It is gone.
    }
  }

  private void becomeOver() {
    List<Runnable> actions;
    receiving.lock();
    try {
      over = true;
      actions = List.copyOf(closeActions);
      closeActions.clear();
      changed.signalAll();
    } finally {
      receiving.unlock();
    }
    actions.forEach(Runnable::run);
  }

  @Override
  public Optional<Message> receive() throws InterruptedException {
    receiving.lock();
    try {
      while (waiting.isEmpty() && !over) {
        changed.await();
      }
      Message next = waiting.poll();
      if (next == null) {
        return Optional.empty();
      }
      waitingBytes -= size(next);
      changed.signalAll();
      return Optional.of(next);
    } finally {
      receiving.unlock();
    }
  }

  @Override
  public boolean closed() {
    receiving.lock();
    try {
      return over;
    } finally {
      receiving.unlock();
    }
  }

  @Override
  public void whenClosed(Runnable action) {
    receiving.lock();
    try {
      if (!over) {
        closeActions.add(action);
        return;
      }
    } finally {
      receiving.unlock();
    }
    action.run();
  }

  // What goes out.

  @Override
  public void sendText(String text) throws IOException {
    byte[] bytes = text.getBytes(UTF_8);
    send(WebSocketFrames.TEXT, bytes, 0, bytes.length);
  }

  @Override
  public void sendBytes(byte[] bytes, int offset, int length) throws IOException {
    send(WebSocketFrames.BINARY, bytes, offset, length);
  }

  private void send(int opcode, byte[] bytes, int offset, int length) throws IOException {
    byte[] frame = WebSocketFrames.frame(opcode, bytes, offset, length);
    sending.lock();
    try {
      if (closeSent) {
        throw new IOException("the connection is closed");
      }
      write(frame);
    } finally {
      sending.unlock();
    }
  }

  @Override
  public void close(int code, String reason) {
    sending.lock();
    try {
      if (closeSent) {
        return;
      }
      closeSent = true;
      byte[] payload = WebSocketFrames.close(code, reason);
      write(WebSocketFrames.frame(WebSocketFrames.CLOSE, payload, 0, payload.length));
    } catch (IOException _) {
      // The other side is gone, which is what was wanted.
    } finally {
      sending.unlock();
      becomeOver();
    }
  }

  /// Preconditions: the lock for sending is held.
  private void write(byte[] frame) throws IOException {
    ScheduledFuture<?> watch =
        ForkJoinPool.commonPool()
            .schedule(
                () -> Thread.ofVirtual().name("websocket-stalled").start(this::abort),
                limits.sendStallMax().toMillis(),
                TimeUnit.MILLISECONDS);
    try {
      out.write(frame);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } finally {
      watch.cancel(false);
    }
  }

  private void abort() {
    try {
      out.close();
    } catch (IOException | UncheckedIOException _) {
      // It is closed already.
    }
  }
}
