package dev.sandlot.http.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Locale;

/// Reads the head of a request as strictly as RFC 9112 lets a server be: what two readers could
/// understand in two ways is refused, never repaired. So nobody can hide one request in another.
final class RequestSyntax {
  /// What {@link #bodyLength} says of a body in chunks.
  static final long CHUNKED = -1;

  private static final int LENGTH_DIGITS_MAX = 18;
  private static final int CHUNK_DIGITS_MAX = 8;
  private static final String HOST_MARKS = "-._~:[]%!$&'()*+;=";
  private static final String TOKEN_MARKS = "!#$%&'*+-.^_`|~";

  private RequestSyntax() {}

  /// A request that is not one, or could be read in two ways.
  static final class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int status;

    /// @param message what is wrong, for the client
    Malformed(int status, String message) {
      super(message);
      this.status = status;
    }

    int status() {
      return status;
    }

    /// An answer, not a fault of ours.
    @Override
    public synchronized Throwable fillInStackTrace() {
      return this;
    }
  }

  /// Checks a head.
  ///
  /// @param head from the request's line to the empty line, each line ended by CR and LF
  /// @return bytes of the body; {@link #CHUNKED} when they are not known
  /// @throws Malformed saying why
  static long bodyLength(byte[] head) {
    int begin = lineEnd(head, 0);
    requestLine(head, begin);
    Framing framing = new Framing();
    for (int at = begin + 2; head[at] != '\r'; ) {
      int end = lineEnd(head, at);
      header(head, at, end, framing);
      at = end + 2;
    }
    return framing.bodyLength();
  }

  /// The size that a line before a chunk gives.
  static int chunkSize(byte[] line, int from, int to) {
    boolean digits = to > from && to - from <= CHUNK_DIGITS_MAX;
    for (int at = from; digits && at < to; at++) {
      digits = Character.digit(line[at], 16) >= 0;
    }
    if (!digits) {
      throw new Malformed(400, "the size of a chunk must be hexadecimal digits and nothing else");
    }
    long size = Long.parseLong(new String(line, from, to - from, ISO_8859_1), 16);
    if (size > Integer.MAX_VALUE) {
      throw new Malformed(413, "a chunk is too large");
    }
    return (int) size;
  }

  private static void requestLine(byte[] head, int end) {
    int method = 0;
    while (method < end && token(head[method])) {
      method++;
    }
    int target = method + 1;
    while (target < end && head[target] > ' ' && head[target] < 0x7f) {
      target++;
    }
    boolean sound =
        method > 0
            && target > method + 1
            && target < end
            && head[method] == ' '
            && head[target] == ' ';
    String version = sound ? new String(head, target + 1, end - target - 1, ISO_8859_1) : "";
    if (!version.startsWith("HTTP/")) {
      throw new Malformed(
          400, "the first line must be a method, a percent-encoded target and HTTP/1.1");
    }
    if (!version.equals("HTTP/1.1")) {
      throw new Malformed(505, "this server speaks HTTP/1.1");
    }
  }

  private static void header(byte[] head, int from, int end, Framing framing) {
    int colon = from;
    while (colon < end && token(head[colon])) {
      colon++;
    }
    if (colon == from || colon == end || head[colon] != ':') {
      throw new Malformed(
          400, "a header must be a name, a colon right behind it, and a value on the same line");
    }
    for (int at = colon + 1; at < end; at++) {
      int octet = head[at] & 0xff;
      if ((octet < ' ' && octet != '\t') || octet == 0x7f) {
        throw new Malformed(400, "a header holds control characters; remove them");
      }
    }
    String name = new String(head, from, colon - from, ISO_8859_1).toLowerCase(Locale.ROOT);
    switch (name) {
      case "content-length" -> framing.length(value(head, colon + 1, end));
      case "transfer-encoding" -> framing.coding(value(head, colon + 1, end));
      case "host" -> framing.host(value(head, colon + 1, end));
      case "connection", "upgrade", "expect" -> requireAscii(head, colon + 1, end);
      default -> {
        // An application's own.
      }
    }
  }

  private static String value(byte[] head, int from, int end) {
    requireAscii(head, from, end);
    int first = from;
    int last = end;
    while (first < last && blank(head[first])) {
      first++;
    }
    while (last > first && blank(head[last - 1])) {
      last--;
    }
    return new String(head, first, last - first, ISO_8859_1);
  }

  private static void requireAscii(byte[] head, int from, int end) {
    for (int at = from; at < end; at++) {
      if (head[at] < 0) {
        throw new Malformed(400, "headers about the request itself must be ASCII");
      }
    }
  }

  private static int lineEnd(byte[] head, int from) {
    int at = from;
    while (head[at] != '\r') {
      at++;
    }
    return at;
  }

  private static boolean blank(byte octet) {
    return octet == ' ' || octet == '\t';
  }

  private static boolean token(byte octet) {
    return (octet >= 'a' && octet <= 'z')
        || (octet >= 'A' && octet <= 'Z')
        || (octet >= '0' && octet <= '9')
        || (octet > 0 && TOKEN_MARKS.indexOf(octet) >= 0);
  }

  /// What the headers say about the body.
  private static final class Framing {
    private long length;
    private boolean lengthGiven;
    private boolean chunked;
    private boolean hostGiven;

    /// Names of hosts, addresses and ports; a comma or a blank would make two of one.
    void host(String value) {
      boolean sound =
          value
              .chars()
              .allMatch(
                  letter -> Character.isLetterOrDigit(letter) || HOST_MARKS.indexOf(letter) >= 0);
      if (!sound || hostGiven) {
        throw new Malformed(400, "send one Host, of a name or address and a port");
      }
      hostGiven = true;
    }

    void length(String value) {
      boolean digits =
          !value.isEmpty()
              && value.length() <= LENGTH_DIGITS_MAX
              && value.chars().allMatch(letter -> letter >= '0' && letter <= '9');
      if (!digits || lengthGiven) {
        throw new Malformed(400, "send one Content-Length, of decimal digits alone");
      }
      length = Long.parseLong(value);
      lengthGiven = true;
    }

    void coding(String value) {
      if (!value.equalsIgnoreCase("chunked") || chunked) {
        throw new Malformed(400, "send one Transfer-Encoding; chunked is the one there is");
      }
      chunked = true;
    }

    long bodyLength() {
      if (chunked && lengthGiven) {
        throw new Malformed(400, "send Content-Length or Transfer-Encoding, not both");
      }
      return chunked ? CHUNKED : length;
    }
  }
}
