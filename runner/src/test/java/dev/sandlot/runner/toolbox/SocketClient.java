package dev.sandlot.runner.toolbox;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// A WebSocket client that records the messages it gets.
final class SocketClient implements WebSocket.Listener, AutoCloseable {
  private static final long PATIENCE_SECONDS = 30;

  private final List<Message> messages = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();
  private boolean reading = true;
  private final CompletableFuture<String> end = new CompletableFuture<>();
  private final CompletableFuture<WebSocket> opened = new CompletableFuture<>();
  private final IntConsumer results;

  private SocketClient(IntConsumer results) {
    this.results = results;
  }

  /// @param content bytes as Latin-1 characters, or text
  record Message(boolean text, String content) {}

  /// @param settings "Name: value" for a header, anything else is a subprotocol
  /// @param results gets the status of a refusal, or the code that the other side closes with
  static SocketClient open(HttpClient client, URI uri, List<String> settings, IntConsumer results)
      throws Exception {
    SocketClient listener = new SocketClient(results);
    WebSocket.Builder builder = client.newWebSocketBuilder();
    List<String> protocols = new ArrayList<>();
    for (String setting : settings) {
      int colon = setting.indexOf(": ");
      if (colon < 0) {
        protocols.add(setting);
      } else {
        builder.header(setting.substring(0, colon), setting.substring(colon + 2));
      }
    }
    if (!protocols.isEmpty()) {
      builder.subprotocols(
          protocols.getFirst(), protocols.subList(1, protocols.size()).toArray(String[]::new));
    }
    try {
      listener.opened.complete(
          builder.buildAsync(uri, listener).get(PATIENCE_SECONDS, TimeUnit.SECONDS));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof WebSocketHandshakeException refused) {
        results.accept(refused.getResponse().statusCode());
        throw new IOException("refused with " + refused.getResponse().statusCode(), refused);
      }
      throw e;
    }
    return listener;
  }

  String protocol() {
    return opened.join().getSubprotocol();
  }

  void sendText(String data) throws Exception {
    var _ = opened.join().sendText(data, true).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  void sendBytes(String data) throws Exception {
    var _ =
        opened
            .join()
            .sendBinary(ByteBuffer.wrap(data.getBytes(UTF_8)), true)
            .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  synchronized List<Message> messages() {
    return List.copyOf(messages);
  }

  /// Closes the connection normally.
  void leave() throws Exception {
    var _ = opened.join().sendClose(1000, "").get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    var _ = closed();
  }

  /// All messages until the other side closes.
  List<Message> untilClosed() throws Exception {
    var _ = end.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    synchronized (this) {
      return List.copyOf(messages);
    }
  }

  /// The code and reason of the other side's close.
  String closed() throws Exception {
    return end.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /// Waits until the bytes or the text of all messages together contain this.
  String until(String wanted) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    synchronized (this) {
      while (!content().contains(wanted)) {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0 || end.isDone()) {
          throw new IOException("no " + wanted + " in " + content() + " (" + end + ")");
        }
        wait(Math.min(left, 100));
      }
      return content();
    }
  }

  synchronized String content() {
    StringBuilder all = new StringBuilder();
    messages.forEach(message -> all.append(message.content()));
    return all.toString();
  }

  @Override
  public synchronized @Nullable CompletionStage<?> onText(
      WebSocket from, CharSequence data, boolean last) {
    text.append(data);
    if (last) {
      add(new Message(true, text.toString()));
      text.setLength(0);
    }
    more(from);
    return null;
  }

  @Override
  public synchronized @Nullable CompletionStage<?> onBinary(
      WebSocket from, ByteBuffer data, boolean last) {
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    text.append(new String(bytes, ISO_8859_1));
    if (last) {
      add(new Message(false, text.toString()));
      text.setLength(0);
    }
    more(from);
    return null;
  }

  private void more(WebSocket from) {
    if (reading) {
      from.request(1);
    }
  }

  /// Stops reading from the connection.
  synchronized void stopReading() {
    reading = false;
  }

  synchronized void goOnReading() {
    reading = true;
    opened.join().request(1);
  }

  private void add(Message message) {
    messages.add(message);
    notifyAll();
  }

  @Override
  public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
    results.accept(code);
    end.complete(code + " " + reason);
    return null;
  }

  @Override
  public void onError(WebSocket from, Throwable error) {
    end.completeExceptionally(error);
  }

  @Override
  public void close() {
    opened.join().abort();
  }

  /// Splits a marked log as clients do.
  static String[] halves(String log) {
    StringBuilder[] halves = {new StringBuilder(), new StringBuilder()};
    int stream = -1;
    for (int index = 0; index < log.length(); index++) {
      if (log.startsWith("\1\1\1", index) || log.startsWith("\2\2\2", index)) {
        stream = log.charAt(index) - 1;
        index += 2;
      } else if (stream >= 0) {
        halves[stream].append(log.charAt(index));
      }
    }
    return Arrays.stream(halves).map(StringBuilder::toString).toArray(String[]::new);
  }
}
