package dev.sandlot.toolbox.files;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/// Multipart bodies of clients: parsed or refused, with no more content than was sent.
final class MultipartFuzz {
  private static final String TYPE = "multipart/form-data; boundary=";

  private MultipartFuzz() {}

  /// Called by the fuzzer: the first line is the boundary or the content type, the rest is the
  /// body.
  public static void fuzzerTestOneInput(byte[] input) {
    int line = 0;
    while (line < input.length && input[line] != '\n') {
      line++;
    }
    byte[] body = Arrays.copyOfRange(input, Math.min(input.length, line + 1), input.length);
    String first = new String(input, 0, line, StandardCharsets.ISO_8859_1);
    take(TYPE + first, body);
    take("multipart/" + first, body);
    take(TYPE + "b", body);
  }

  private static void take(String type, byte[] body) {
    try {
      Optional<MultipartBody> form = MultipartBody.of(type, new ByteArrayInputStream(body));
      if (form.isEmpty()) {
        return;
      }
      long total = 0;
      int parts = 0;
      for (var part = form.get().next(); part.isPresent(); part = form.get().next()) {
        total += part.get().name().length() + part.get().content().readAllBytes().length;
        require(++parts <= body.length, "no more parts than bytes");
      }
      require(total <= body.length, "no more than was sent");
    } catch (IOException _) {
      // Refused.
    }
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }
}
