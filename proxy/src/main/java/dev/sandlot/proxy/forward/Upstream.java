package dev.sandlot.proxy.forward;

import dev.sandlot.proxy.access.ProxyLimits;
import dev.sandlot.runtime.PortConnection;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.io.DefaultBHttpClientConnection;
import org.apache.hc.core5.http.io.entity.AbstractHttpEntity;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;

/// One HTTP/1.1 exchange with a server inside a sandbox. One thread may send the body while another
/// receives the answer.
public final class Upstream implements AutoCloseable {
  private static final int BUFFER_BYTES = 32 * 1024;
  private static final int INTERIM_ANSWERS_MAX = 8;
  private static final int EMPTY_LINES_MAX = 4;
  private static final int STATUS_MAX = 599;

  private final PortConnection connection;
  private final DefaultBHttpClientConnection http;

  public Upstream(PortConnection connection, ProxyLimits limits) throws IOException {
    this.connection = connection;
    Http1Config config =
        Http1Config.custom()
            .setBufferSize(BUFFER_BYTES)
            .setMaxLineLength(limits.headerLineBytesMax())
            .setMaxHeaderCount(limits.headersMax())
            .setMaxEmptyLineCount(EMPTY_LINES_MAX)
            .build();
    // Header bytes above ASCII have no agreed meaning; they end no request.
    http =
        new DefaultBHttpClientConnection(
            config,
            StandardCharsets.ISO_8859_1.newDecoder(),
            StandardCharsets.ISO_8859_1
                .newEncoder()
                .onUnmappableCharacter(CodingErrorAction.REPLACE));
    http.bind(new StreamSocket(connection));
  }

  /// Sends the request's head.
  ///
  /// @param target path and query, sent as they are
  /// @return for {@link #sendBody}
  public BasicClassicHttpRequest send(
      String method, String target, List<Map.Entry<String, String>> headers)
      throws IOException, HttpException {
    BasicClassicHttpRequest request = new RawTargetRequest(method, target);
    headers.forEach(header -> request.addHeader(header.getKey(), header.getValue()));
    http.sendRequestHeader(request);
    http.flush();
    return request;
  }

  /// Sends the body as the request's head announces it, each piece as soon as it is there.
  void sendBody(BasicClassicHttpRequest request, InputStream body)
      throws IOException, HttpException {
    request.setEntity(new StreamedBody(body));
    http.sendRequestEntity(request);
    http.flush();
  }

  /// Waits for the head of the final answer; those before it, such as 100, go no further.
  ///
  /// @param method of the request: the answer to a HEAD has no body
  /// @throws IOException also when it is not HTTP, can be read in two ways, is too large, or not
  ///   there
  public Answer receive(String method) throws IOException {
    try {
      for (int count = 0; count < INTERIM_ANSWERS_MAX; count++) {
        ClassicHttpResponse head = http.receiveResponseHeader();
        if (head.getCode() >= 200 || head.getCode() == Answer.SWITCHED) {
          return answer(method, head);
        }
      }
    } catch (HttpException e) {
      throw new IOException(e.getMessage(), e);
    }
    throw new IOException("too many interim answers");
  }

  private Answer answer(String method, ClassicHttpResponse head) throws IOException, HttpException {
    List<Map.Entry<String, String>> headers = headers(head);
    int status = head.getCode();
    if (status > STATUS_MAX) {
      throw new IOException("not the status of an answer");
    }
    if (method.equals("HEAD") || Answer.BODILESS.contains(status)) {
      return new Answer(status, headers, 0, InputStream.nullInputStream());
    }
    http.receiveResponseEntity(head);
    HttpEntity entity = head.getEntity();
    return entity == null
        ? new Answer(status, headers, 0, InputStream.nullInputStream())
        : new Answer(status, headers, entity.getContentLength(), entity.getContent());
  }

  private static List<Map.Entry<String, String>> headers(ClassicHttpResponse head)
      throws IOException {
    List<Map.Entry<String, String>> headers = new ArrayList<>();
    for (Header header : head.getHeaders()) {
      String value = header.getValue() == null ? "" : header.getValue();
      if (!HeaderRules.sound(header.getName(), value)) {
        throw new IOException("a header of the answer is malformed");
      }
      headers.add(Map.entry(header.getName(), value));
    }
    return headers;
  }

  /// To the server inside, past the HTTP library; for tunnels.
  public OutputStream rawOut() {
    return connection.out();
  }

  public void closeOutput() {
    connection.closeOutput();
  }

  @Override
  public void close() {
    connection.close();
  }

  /// What a server inside answers.
  ///
  /// @param status 101, or 200 to 599
  /// @param headers each readable in one way only
  /// @param length of the body; -1 when only its end shows it
  /// @param body freed of its transfer coding; after a 101 all that follows
  public record Answer(
      int status, List<Map.Entry<String, String>> headers, long length, InputStream body) {
    public static final int SWITCHED = 101;

    /// Answers that never have a body.
    public static final Set<Integer> BODILESS = Set.of(204, 205, 304);

    /// Without what is secret.
    @Override
    public String toString() {
      return "Answer[status=" + status + ", length=" + length + "]";
    }
  }

  /// A request whose target is written as it was received; the library would parse it.
  private static final class RawTargetRequest extends BasicClassicHttpRequest {
    private static final long serialVersionUID = 1;

    private final String target;

    RawTargetRequest(String method, String target) {
      super(method, "/");
      this.target = target;
    }

    @Override
    public String getRequestUri() {
      return target;
    }
  }

  /// A body that is sent on piece by piece. The head has been sent and says how long it is.
  private static final class StreamedBody extends AbstractHttpEntity {
    private final InputStream body;

    StreamedBody(InputStream body) {
      super((ContentType) null, null);
      this.body = body;
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int count = body.read(buffer); count >= 0; count = body.read(buffer)) {
        out.write(buffer, 0, count);
        out.flush();
      }
    }

    @Override
    public InputStream getContent() {
      return body;
    }

    @Override
    public boolean isStreaming() {
      return true;
    }

    @Override
    public long getContentLength() {
      return -1;
    }

    @Override
    public Set<String> getTrailerNames() {
      return Set.of();
    }

    @Override
    public void close() {
      // The body is the client's.
    }
  }
}
