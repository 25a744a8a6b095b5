package dev.sandlot.http;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One request and its answer. Used by one thread.
public interface Exchange {
  /// "GET", "POST", …
  String method();

  /// The path as sent, percent-encoding untouched, without the query.
  String rawPath();

  /// The query as sent, without the question mark; empty if there is none.
  String rawQuery();

  /// A parameter of the route's pattern, decoded once.
  ///
  /// @throws IllegalArgumentException when the route has none of that name
  String pathParameter(String name);

  /// The first value of a query parameter, decoded.
  Optional<String> query(String name);

  /// All values of a query parameter, decoded; also of its bracket form, `name[]`.
  List<String> queryAll(String name);

  /// The first value of a header; names in any case.
  Optional<String> header(String name);

  /// All headers in their order, names as sent.
  List<Map.Entry<String, String>> headers();

  /// The peer's address as text, without the port.
  String remoteAddress();

  /// Whether the client has closed the connection, as far as this machine knows. For calls that
  /// last, to be asked now and then: each time the system's table of connections is read.
  boolean clientGone();

  /// Whether the connection is encrypted.
  boolean secure();

  /// This request may be served. Until somebody says so, the server's limits of connections allow
  /// it and its connection little.
  ///
  /// @param byName it is known who asks; not where anybody may
  void admit(boolean byName);

  /// Bytes of the body as announced; -1 when they are not known.
  long contentLength();

  /// The body, once. Blocks.
  InputStream body();

  /// The whole body.
  ///
  /// @throws HttpFailure 413 when it is larger than `bytesMax`
  byte[] bodyBytes(int bytesMax);

  /// What a filter has left for those behind it.
  <T> Optional<T> attribute(Class<T> type);

  /// Leaves a value for those behind.
  <T> void attribute(Class<T> type, T value);

  /// Sets the parameters of the matched pattern. For {@link OperationTable}.
  void pathParameters(Map<String, String> parameters);

  /// Sets the status; 200 if nobody does.
  Exchange status(int status);

  /// The status that the answer has, or would have if it began now.
  int status();

  /// Sets a header of the answer, replacing earlier values.
  Exchange responseHeader(String name, String... values);

  /// Sends an answer without a body.
  void send();

  /// Sends an answer with this body. The content type must have been set.
  void send(byte[] body);

  /// Sends a JSON answer.
  void sendJson(Object value);

  /// Sends a text answer, `text/plain` unless a content type was set.
  void sendText(String text);

  /// Starts an answer that is written in pieces; chunked unless a content length was set. Close it
  /// to complete the answer.
  OutputStream outputStream();

  /// Whether the answer has begun.
  boolean sent();

  /// Ends the connection without completing the answer, so that the client sees it was cut off.
  void abort();

  /// The same from any thread: whoever serves the exchange gets a closed connection.
  void cut();
}
