package dev.sandlot.toolbox.files;

import dev.sandlot.agentclient.files.ReadableFile;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Json;
import dev.sandlot.model.OperationFailure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/// Writes the parts of a bulk download (docs/contract/files.md#bulk-downloads).
final class DownloadParts {
  static final String BOUNDARY = "DAYTONA-FILE-BOUNDARY";

  /// How much is read of a file of size zero, which may still have content (/proc).
  private static final int UNSIZED_BYTES_MAX = 1 << 20;

  private final OutputStream out;
  private final UnaryOperator<String> names;
  private boolean first = true;

  /// @param names writes the parameters of a part's `Content-Disposition` for a path
  DownloadParts(OutputStream out, UnaryOperator<String> names) {
    this.out = out;
    this.names = names;
  }

  /// Writes the part of a file.
  ///
  /// @return false when the file ended early
  boolean file(String path, ReadableFile file) throws IOException {
    long length = file.status().size();
    InputStream content = file.content();
    if (length == 0) {
      byte[] bytes = content.readNBytes(UNSIZED_BYTES_MAX);
      content = new ByteArrayInputStream(bytes);
      length = bytes.length;
    }
    begin("file", path, length, type(path));
    return Transfers.copy(content, out, length) == length;
  }

  void failure(String path, OperationFailure failure) throws IOException {
    Map<String, Object> body = new LinkedHashMap<>();
    HttpFailure answer = HttpFailure.of(failure);
    body.put("statusCode", answer.status());
    body.put("message", failure.sentence());
    answer.code().ifPresent(code -> body.put("code", code));
    body.put("source", "DAYTONA_DAEMON");
    body.put("timestamp", Instant.now().toString());
    body.put("path", path);
    body.put("method", "POST");
    byte[] json = Json.bytes(body);
    begin("error", path, json.length, "application/json; charset=utf-8");
    out.write(json);
  }

  /// Writes the closing boundary; without it, clients take the answer for incomplete.
  void end() throws IOException {
    write((first ? "" : "\r\n") + "--" + BOUNDARY + "--\r\n");
  }

  private void begin(String name, String path, long length, String type) throws IOException {
    write(
        (first ? "" : "\r\n")
            + ("--" + BOUNDARY + "\r\n")
            + ("Content-Disposition: form-data; name=\"" + name + "\"; ")
            + (names.apply(path) + "\r\n")
            + ("Content-Length: " + length + "\r\n")
            + ("Content-Type: " + type + "\r\n\r\n"));
    first = false;
  }

  private void write(String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String type(String path) {
    String type = URLConnection.guessContentTypeFromName(path);
    if (type == null) {
      return "application/octet-stream";
    }
    return type.startsWith("text/") ? type + "; charset=utf-8" : type;
  }
}
