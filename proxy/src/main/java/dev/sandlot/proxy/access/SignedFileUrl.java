package dev.sandlot.proxy.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.re2j.Pattern;
import dev.sandlot.model.SigningKey;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// A URL that a client has signed for one file of a sandbox
/// (docs/contract/previews.md#signed-file-urls).
///
/// It has one spelling: the three parameters and no other, each once, their names and the numbers
/// as they are. What is spelled otherwise could be read in two ways, here and by the toolbox.
///
/// @param method that was signed
/// @param path of the file, decoded
/// @param expires Unix seconds; 0 for never
/// @param signature not checked yet
record SignedFileUrl(String method, String path, long expires, String signature) {
  /// The calls that can be signed for, with their method.
  private static final Map<String, String> CALLS =
      Map.of("/files/download", "GET", "/files/upload-v2", "POST");

  private static final Set<String> PARAMETERS = Set.of("path", "expires", "signature");
  private static final Pattern EXPIRES = Pattern.compile("0|[1-9][0-9]{0,11}");
  private static final Pattern SIGNATURE = Pattern.compile("v1_[A-Za-z0-9_-]{43}");

  /// Reads a request to the toolbox; empty when it is no such URL.
  ///
  /// @param toolboxPath as sent, from the sandbox's id on
  static Optional<SignedFileUrl> read(String method, String toolboxPath, String rawQuery) {
    if (!method.equals(CALLS.get(toolboxPath))) {
      return Optional.empty();
    }
    Map<String, String> values = new HashMap<>();
    for (String piece : rawQuery.split("&", -1)) {
      int equals = piece.indexOf('=');
      if (equals < 0
          || !PARAMETERS.contains(piece.substring(0, equals))
          || values.put(piece.substring(0, equals), piece.substring(equals + 1)) != null) {
        return Optional.empty();
      }
    }
    String expires = values.getOrDefault("expires", "");
    String signature = values.getOrDefault("signature", "");
    if (!EXPIRES.matcher(expires).matches() || !SIGNATURE.matcher(signature).matches()) {
      return Optional.empty();
    }
    return decoded(values.getOrDefault("path", ""))
        .map(path -> new SignedFileUrl(method, path, Long.parseLong(expires), signature));
  }

  boolean signedWith(SigningKey key) {
    return key.signed(signature, method, path, expires);
  }

  boolean expired(Instant now) {
    return expires != 0 && expires < now.getEpochSecond();
  }

  @Override
  public String toString() {
    return "SignedFileUrl[" + method + " …]";
  }

  /// Undoes the encoding of forms; empty for nothing, and for what is not encoded or not UTF-8.
  private static Optional<String> decoded(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int index = 0; index < text.length(); index++) {
      char letter = text.charAt(index);
      if (letter <= ' ' || letter > '~') {
        return Optional.empty();
      }
      if (letter == '%') {
        int octet = octet(text, index + 1);
        if (octet < 0) {
          return Optional.empty();
        }
        bytes.write(octet);
        index += 2;
      } else {
        bytes.write(letter == '+' ? ' ' : letter);
      }
    }
    try {
      ByteBuffer all = ByteBuffer.wrap(bytes.toByteArray());
      return Optional.of(UTF_8.newDecoder().decode(all).toString()).filter(path -> !path.isEmpty());
    } catch (CharacterCodingException _) {
      return Optional.empty();
    }
  }

  /// The number of two hexadecimal digits; -1 when they are none.
  private static int octet(String text, int index) {
    if (index + 2 > text.length()
        || !HexFormat.isHexDigit(text.charAt(index))
        || !HexFormat.isHexDigit(text.charAt(index + 1))) {
      return -1;
    }
    return HexFormat.fromHexDigits(text, index, index + 2);
  }
}
