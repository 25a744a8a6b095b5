package dev.sandlot.proxy;

import dev.sandlot.runtime.PortConnection;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
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
final class Upstream implements AutoCloseable {
  private static final int BUFFER_BYTES = 32 * 1024;
  private static final int INTERIM_ANSWERS_MAX = 8;
  private static final int EMPTY_LINES_MAX = 4;

  private final PortConnection connection;
  private final DefaultBHttpClientConnection http;

  Upstream(PortConnection connection, ProxyLimits limits) throws IOException {
    this.connection = connection;
    Http1Config config =
        Http1Config.custom()
            .setBufferSize(BUFFER_BYTES)
            .setMaxLineLength(limits.headerLineBytesMax())
            .setMaxHeaderCount(limits.headersMax())
            .setMaxEmptyLineCount(EMPTY_LINES_MAX)
            .build();
    // Header bytes above ASCII have no agreed meaning; Latin-1 keeps them as they are.
    http =
        new DefaultBHttpClientConnection(
            config,
            StandardCharsets.ISO_8859_1.newDecoder(),
            StandardCharsets.ISO_8859_1.newEncoder());
    http.bind(new StreamSocket(connection));
  }

  /// Sends the request's head.
  ///
  /// @param target path and query, sent as they are
  /// @return for {@link #sendBody}
  BasicClassicHttpRequest send(
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
  /// @throws IOException also when it is not HTTP, too large, or not there
  ClassicHttpResponse receive() throws IOException {
    try {
      for (int count = 0; count < INTERIM_ANSWERS_MAX; count++) {
        ClassicHttpResponse answer = http.receiveResponseHeader();
        if (answer.getCode() >= 200 || answer.getCode() == 101) {
          return answer;
        }
      }
    } catch (HttpException e) {
      throw new IOException(e.getMessage(), e);
    }
    throw new IOException("too many interim answers");
  }

  /// The body of an answer, freed of its transfer coding; for a 101, all that follows.
  InputStream body(ClassicHttpResponse answer) throws IOException {
    try {
      http.receiveResponseEntity(answer);
    } catch (HttpException e) {
      throw new IOException(e.getMessage(), e);
    }
    HttpEntity entity = answer.getEntity();
    return entity == null ? InputStream.nullInputStream() : entity.getContent();
  }

  /// The headers of an answer.
  ///
  /// @throws IOException when one of them can be read in two ways
  static List<Map.Entry<String, String>> headers(ClassicHttpResponse answer) throws IOException {
    List<Map.Entry<String, String>> headers = new ArrayList<>();
    for (Header header : answer.getHeaders()) {
      String value = header.getValue() == null ? "" : header.getValue();
      if (!HeaderRules.sound(header.getName(), value)) {
        throw new IOException("a header of the answer is malformed");
      }
      headers.add(Map.entry(header.getName(), value));
    }
    return headers;
  }

  /// To the server inside, past the HTTP library; for tunnels.
  OutputStream rawOut() {
    return connection.out();
  }

  void closeOutput() {
    connection.closeOutput();
  }

  @Override
  public void close() {
    connection.close();
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
