package dev.sandlot.http.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sandlot.http.server.RequestSyntax.Malformed;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Stands between a connection and Helidon: hands on what comes in small pieces, one request at a
/// time. Helidon would gather a line until its end and a chunk until it is whole, however long the
/// client says it is; here a head is bounded and checked before Helidon sees its first byte, and
/// chunks are cut to the size of what has come. Used by one thread.
final class RequestFraming {
  private static final byte[] NOTHING = {};
  private static final byte[] END_OF_CHUNKS = {'0', '\r', '\n', '\r', '\n'};
  private static final int CHUNK_LINE_MAX = 16;

  private final Source source;
  private final Progress progress;
  private final int headBytesMax;

  /// What has come and is not handed on, from `from` to `to`.
  private byte[] held = NOTHING;

  private int from;
  private int to;
  private State state = State.HEAD;

  /// Of the body, or of the chunk that is being handed on.
  private long left;

  RequestFraming(Source source, Progress progress, int headBytesMax) {
    this.source = source;
    this.progress = progress;
    this.headBytesMax = headBytesMax;
  }

  private enum State {
    HEAD,
    BODY,
    CHUNK_SIZE,
    CHUNK,
    /// Another protocol has taken the connection over.
    RAW,
    /// What followed could be anything.
    BROKEN
  }

  /// Hands the bytes on untouched from here: the connection is another protocol's now.
  void passOn() {
    state = State.RAW;
  }

  /// The next piece; null at the end of the connection.
  ///
  /// @throws Malformed for what is no request; nothing can follow it
  byte @Nullable [] next() {
    try {
      return switch (state) {
        case HEAD -> head();
        case BODY -> body();
        case CHUNK_SIZE -> chunkSize();
        case CHUNK -> chunk();
        case RAW -> piece(Integer.MAX_VALUE);
        case BROKEN -> null;
      };
    } catch (Malformed e) {
      state = State.BROKEN;
      throw e;
    }
  }

  private byte @Nullable [] head() {
    progress.idle();
    if (from == to && !fill()) {
      return null;
    }
    progress.headBegins();
    int taken = 0;
    try {
      HeadEnd end = new HeadEnd();
      while (!end.found()) {
        if (taken == to - from && taken > 0 && !fill()) {
          return null;
        }
        taken = end.look(held, from, to, headBytesMax);
        progress.headHolds(to - from);
      }
    } finally {
      progress.headHolds(0);
    }
    byte[] head = Arrays.copyOfRange(held, from, from + taken);
    from += taken;
    long length = RequestSyntax.bodyLength(head);
    left = length;
    if (length != 0) {
      state = length == RequestSyntax.CHUNKED ? State.CHUNK_SIZE : State.BODY;
    }
    progress.bodyBegins();
    return head;
  }

  private byte @Nullable [] body() {
    byte[] piece = piece(left);
    if (piece != null) {
      left -= piece.length;
      state = left == 0 ? State.HEAD : State.BODY;
    }
    return piece;
  }

  private byte @Nullable [] chunkSize() {
    int end = line();
    if (end < 0) {
      return null;
    }
    left = RequestSyntax.chunkSize(held, from, end);
    from = end + 2;
    if (left > 0) {
      state = State.CHUNK;
      return chunk();
    }
    int empty = line();
    if (empty < 0) {
      return null;
    }
    if (empty != from) {
      throw new Malformed(400, "nothing may follow the last chunk: trailers are not understood");
    }
    from += 2;
    state = State.HEAD;
    return END_OF_CHUNKS;
  }

  /// What has come of a chunk, as a chunk of its own.
  private byte @Nullable [] chunk() {
    byte[] piece = piece(left);
    if (piece == null) {
      return null;
    }
    left -= piece.length;
    if (left == 0) {
      int end = line();
      if (end < 0) {
        return null;
      }
      if (end != from) {
        throw new Malformed(400, "a chunk is longer than its size says");
      }
      from += 2;
      state = State.CHUNK_SIZE;
    }
    byte[] size = Integer.toHexString(piece.length).getBytes(US_ASCII);
    byte[] chunk = new byte[size.length + piece.length + 4];
    System.arraycopy(size, 0, chunk, 0, size.length);
    chunk[size.length] = '\r';
    chunk[size.length + 1] = '\n';
    System.arraycopy(piece, 0, chunk, size.length + 2, piece.length);
    chunk[chunk.length - 2] = '\r';
    chunk[chunk.length - 1] = '\n';
    return chunk;
  }

  /// Where a short line that begins at `from` ends, at its CR; -1 at the end of the connection.
  private int line() {
    for (int at = from; ; at++) {
      if (at - from > CHUNK_LINE_MAX) {
        throw new Malformed(400, "the size of a chunk must be hexadecimal digits and nothing else");
      }
      int before = at - from;
      if (at == to) {
        if (!fill()) {
          return -1;
        }
        at = from + before;
      }
      if (held[at] == '\n') {
        if (before == 0 || held[at - 1] != '\r') {
          throw new Malformed(400, "lines must end with CR and LF");
        }
        return at - 1;
      }
      if (before > 0 && held[at - 1] == '\r') {
        throw new Malformed(400, "lines must end with CR and LF");
      }
    }
  }

  /// What is there, at most so much; waits for the first byte.
  private byte @Nullable [] piece(long most) {
    if (from == to && !fill()) {
      return null;
    }
    int length = (int) Math.min(most, to - from);
    byte[] piece =
        from == 0 && length == held.length ? held : Arrays.copyOfRange(held, from, from + length);
    from += length;
    if (from == to) {
      held = NOTHING;
      from = 0;
      to = 0;
    }
    return piece;
  }

  /// Waits for more, and adds it to what is held. False at the end of the connection.
  private boolean fill() {
    byte[] more = source.read();
    if (more == null) {
      return false;
    }
    int unread = to - from;
    int needed = unread + more.length;
    if (unread == 0) {
      held = more;
      from = 0;
    } else {
      if (needed > held.length - from) {
        byte[] larger = new byte[Math.max(needed, 2 * unread)];
        System.arraycopy(held, from, larger, 0, unread);
        held = larger;
        from = 0;
      }
      System.arraycopy(more, 0, held, from + unread, more.length);
    }
    to = from + needed;
    return true;
  }

  /// Where bytes come from.
  interface Source {
    /// Waits for some; null at the end.
    byte @Nullable [] read();
  }

  /// Is notified of a connection's progress.
  interface Progress {
    /// Nothing of the next request has come.
    void idle();

    void headBegins();

    /// So many bytes of an unfinished head are held.
    void headHolds(int bytes);

    /// A head is complete; what follows is its body, if it has one.
    void bodyBegins();
  }

  /// Looks for the empty line that ends a head, without looking at any byte twice.
  private static final class HeadEnd {
    private int looked;
    private int lineBegin;
    private boolean firstLine = true;
    private int headersBegin;
    private boolean found;

    boolean found() {
      return found;
    }

    /// Looks on.
    ///
    /// @return how many bytes of the head there are
    int look(byte[] bytes, int from, int to, int bytesMax) {
      for (; from + looked < to; looked++) {
        byte octet = bytes[from + looked];
        boolean afterReturn = looked > lineBegin && bytes[from + looked - 1] == '\r';
        if ((octet == '\n') != afterReturn) {
          throw new Malformed(400, "lines must end with CR and LF");
        }
        if (octet == '\n') {
          found = looked == lineBegin + 1;
          if (firstLine) {
            if (found) {
              throw new Malformed(400, "a request begins with its method");
            }
            firstLine = false;
            headersBegin = looked + 1;
          }
          lineBegin = looked + 1;
          if (found) {
            return looked + 1;
          }
        }
        if (firstLine && looked > bytesMax) {
          throw new Malformed(414, "the target is longer than " + bytesMax + " bytes");
        }
        if (!firstLine && looked - headersBegin > bytesMax) {
          throw new Malformed(431, "the headers are larger than " + bytesMax + " bytes");
        }
      }
      return looked;
    }
  }
}
