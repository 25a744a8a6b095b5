package dev.sandlot.toolbox.files;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/// Copies streams.
final class Transfers {
  private static final int BUFFER_BYTES = 128 << 10;

  private Transfers() {}

  /// Copies up to `length` bytes.
  ///
  /// @return how many were copied; fewer when the stream ended
  static long copy(InputStream in, OutputStream out, long length) throws IOException {
    byte[] buffer = new byte[(int) Math.min(BUFFER_BYTES, Math.max(1, length))];
    long done = 0;
    while (done < length) {
      int count = in.read(buffer, 0, (int) Math.min(buffer.length, length - done));
      if (count < 0) {
        return done;
      }
      out.write(buffer, 0, count);
      done += count;
    }
    return done;
  }

  /// Reads to the end and discards the bytes.
  static void drain(InputStream in) throws IOException {
    in.transferTo(OutputStream.nullOutputStream());
  }
}
