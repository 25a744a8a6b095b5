package dev.sandlot.http.server;

import dev.sandlot.http.Exchange;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Json;
import io.helidon.common.uri.UriQuery;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// An exchange of Helidon's.
final class HelidonExchange implements Exchange {
  /// What is read and thrown away of a refused body, so that the client reads our answer, before we
  /// cut it off.
  private static final long DRAIN_BYTES_MAX = 64L << 20;

  private static final Duration LINGER = Duration.ofSeconds(1);

  private final ServerRequest request;
  private final ServerResponse response;
  private final ServedConnection connection = ServedConnection.CURRENT.get();
  private final Map<Class<?>, Object> attributes = new HashMap<>();
  private Map<String, String> parameters = Map.of();
  private @Nullable InputStream body;
  private @Nullable ClientConnection clientConnection;
  private boolean streaming;
  private OptionalInt chosen = OptionalInt.empty();

  HelidonExchange(ServerRequest request, ServerResponse response) {
    this.request = request;
    this.response = response;
  }

  @Override
  public String method() {
    return request.prologue().method().text();
  }

  @Override
  public String rawPath() {
    return request.prologue().uriPath().rawPath();
  }

  @Override
  public String rawQuery() {
    return request.prologue().query().rawValue();
  }

  @Override
  public String pathParameter(String name) {
    String value = parameters.get(name);
    if (value == null) {
      throw new IllegalArgumentException("the route has no parameter " + name);
    }
    return value;
  }

  @Override
  public Optional<String> query(String name) {
    List<String> all = queryAll(name);
    return all.isEmpty() ? Optional.empty() : Optional.of(all.getFirst());
  }

  @Override
  public List<String> queryAll(String name) {
    UriQuery query = request.prologue().query();
    List<String> values = new ArrayList<>();
    for (String key : List.of(name, name + "[]")) {
      if (query.contains(key)) {
        values.addAll(query.all(key));
      }
    }
    return values;
  }

  @Override
  public Optional<String> header(String name) {
    return request.headers().first(HeaderNames.create(name));
  }

  @Override
  public List<Map.Entry<String, String>> headers() {
    List<Map.Entry<String, String>> all = new ArrayList<>();
    for (Header header : request.headers()) {
      for (String value : header.allValues()) {
        all.add(Map.entry(header.name(), value));
      }
    }
    return all;
  }

  @Override
  public String remoteAddress() {
    return request.remotePeer().host();
  }

  @Override
  public boolean clientGone() {
    ClientConnection connection = clientConnection;
    if (connection == null) {
      connection =
          new ClientConnection(request.localPeer().address(), request.remotePeer().address());
      clientConnection = connection;
    }
    return connection.closedByClient();
  }

  @Override
  public boolean secure() {
    return request.isSecure();
  }

  @Override
  public long contentLength() {
    return request.headers().contentLength().orElse(request.content().hasEntity() ? -1 : 0);
  }

  @Override
  public InputStream body() {
    InputStream stream = body;
    if (stream == null) {
      stream =
          request.content().hasEntity()
              ? new ClientStream(request.content().inputStream(), connection)
              : InputStream.nullInputStream();
      body = stream;
    }
    return stream;
  }

  @Override
  public byte[] bodyBytes(int bytesMax) {
    try {
      byte[] bytes = body().readNBytes(bytesMax + 1);
      if (bytes.length > bytesMax) {
        throw new HttpFailure(413, "", "the body is larger than " + bytesMax + " bytes");
      }
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public <T> Optional<T> attribute(Class<T> type) {
    return Optional.ofNullable(attributes.get(type)).map(type::cast);
  }

  @Override
  public <T> void attribute(Class<T> type, T value) {
    attributes.put(type, value);
  }

  @Override
  public void pathParameters(Map<String, String> matched) {
    parameters = new LinkedHashMap<>(matched);
  }

  @Override
  public Exchange status(int status) {
    chosen = OptionalInt.of(status);
    if (streaming) {
      response.status(status);
    }
    return this;
  }

  /// Helidon gets the status when the answer begins: after 204 it would drop the body of whatever
  /// is answered instead, such as a failure.
  private void beginAnswer() {
    chosen.ifPresent(response::status);
  }

  @Override
  public int status() {
    return chosen.orElseGet(() -> response.status().code());
  }

  @Override
  public Exchange responseHeader(String name, String... values) {
    response.headers().set(HeaderNames.create(name), values);
    return this;
  }

  @Override
  public void send() {
    beginAnswer();
    response.send();
  }

  @Override
  public void send(byte[] bytes) {
    beginAnswer();
    response.send(bytes);
  }

  @Override
  public void sendJson(Object value) {
    responseHeader("Content-Type", "application/json; charset=utf-8");
    send(Json.bytes(value));
  }

  @Override
  public void sendText(String text) {
    if (!response.headers().contains(HeaderNames.CONTENT_TYPE)) {
      responseHeader("Content-Type", "text/plain; charset=utf-8");
    }
    send(text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public OutputStream outputStream() {
    beginAnswer();
    streaming = true;
    if (request.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
      response.whenSent(() -> {
        throw new CloseConnectionException("the client asked for it");
      });
    }
    return response.outputStream();
  }

  @Override
  public boolean sent() {
    return response.isSent() || streaming;
  }

  /// Whether the answer is written in pieces; Helidon completes it after the endpoint has returned.
  boolean streaming() {
    return streaming;
  }

  @Override
  public void admit(boolean byName) {
    connection.admit(byName);
  }

  @Override
  public void cut() {
    connection.cut();
  }

  @Override
  public void abort() {
    throw new CloseConnectionException("the answer cannot be completed");
  }

  /// Leaves the client the time to read its answer: closed with unread bytes, a connection is
  /// reset, and an answer that is still under way may be lost.
  void linger() {
    try {
      Thread.sleep(LINGER);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /// Reads what is left of a refused body, of a stranger's no more than he may send.
  ///
  /// @return false when that is not all: nothing can follow the answer
  boolean drainForAnswer() {
    if (!request.content().hasEntity()) {
      return true;
    }
    if (body == null && request.headers().containsToken(HeaderValues.EXPECT_100)) {
      // The client waits for leave to send it, and is spared.
      response.header(HeaderValues.CONNECTION_CLOSE);
      return false;
    }
    try {
      long left = DRAIN_BYTES_MAX;
      InputStream stream = body();
      while (left > 0) {
        long skipped = stream.skip(Math.min(left, 1 << 20));
        if (skipped <= 0 && stream.read() < 0) {
          return true;
        }
        left -= Math.max(skipped, 1);
      }
    } catch (IOException | RuntimeException _) {
      // It ends here.
    }
    response.header(HeaderValues.CONNECTION_CLOSE);
    return false;
  }
}
