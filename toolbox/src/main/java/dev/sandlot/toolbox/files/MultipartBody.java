package dev.sandlot.toolbox.files;

import dev.sandlot.http.Exchange;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.fileupload2.core.FileUploadException;
import org.apache.commons.fileupload2.core.MultipartInput;
import org.apache.commons.fileupload2.core.ParameterParser;
import org.jspecify.annotations.Nullable;

/// Reads a `multipart/form-data` body as a stream of parts. Used by one thread.
final class MultipartBody {
  private static final int BUFFER_BYTES = 128 << 10;
  private static final int PART_HEADERS_BYTES_MAX = 16 << 10;

  private final InputStream body;
  private final MultipartInput input;
  private boolean started;
  private @Nullable InputStream current;

  /// One part.
  ///
  /// @param name of the form's field; empty when the part has none
  /// @param content its bytes; readable until the next part is read
  record Part(String name, InputStream content) {}

  private MultipartBody(InputStream body, byte[] boundary) throws IOException {
    this.body = body;
    this.input =
        MultipartInput.builder()
            .setInputStream(body)
            .setBufferSize(BUFFER_BYTES)
            .setBoundary(boundary)
            .setMaxPartHeaderSize(PART_HEADERS_BYTES_MAX)
            .get();
    input.setHeaderCharset(StandardCharsets.UTF_8);
  }

  /// The request's body; empty when it is not multipart.
  static Optional<MultipartBody> of(Exchange exchange) throws IOException {
    return of(exchange.header("Content-Type").orElse(""), exchange.body());
  }

  /// @param type the `Content-Type`
  static Optional<MultipartBody> of(String type, InputStream body) throws IOException {
    if (!type.toLowerCase(Locale.ROOT).startsWith("multipart/")) {
      return Optional.empty();
    }
    String boundary = parameters(type).get("boundary");
    if (boundary == null || boundary.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(new MultipartBody(body, boundary.getBytes(StandardCharsets.ISO_8859_1)));
  }

  /// The next part; empty after the last.
  ///
  /// @throws FileUploadException when the body is not well-formed
  Optional<Part> next() throws IOException {
    boolean more;
    if (started) {
      if (current != null) {
        current.close();
      }
      more = input.readBoundary();
    } else {
      started = true;
      more = input.skipPreamble();
    }
    if (!more) {
      return Optional.empty();
    }
    String name = name(input.readHeaders());
    InputStream content = input.newInputStream();
    current = content;
    return Optional.of(new Part(name, content));
  }

  /// Reads the rest of the body, so that the answer reaches a client that is still sending.
  void drain() throws IOException {
    Transfers.drain(body);
  }

  private static String name(String headers) {
    for (String line : headers.split("\r\n", -1)) {
      int colon = line.indexOf(':');
      if (colon > 0 && line.substring(0, colon).strip().equalsIgnoreCase("Content-Disposition")) {
        String name = parameters(line.substring(colon + 1)).get("name");
        return name == null ? "" : name;
      }
    }
    return "";
  }

  private static Map<String, String> parameters(String header) {
    ParameterParser parser = new ParameterParser();
    parser.setLowerCaseNames(true);
    return parser.parse(header, ';');
  }
}
