package dev.sandlot.runtime;

import java.io.Closeable;
import java.io.InputStream;
import java.io.OutputStream;

/// A TCP connection to a port of a sandbox. One thread may read while another writes.
public interface PortConnection extends Closeable {
  /// What the server inside sends. Reads block; -1 when it has closed its side.
  InputStream in();

  /// To the server inside. Each write is sent at once and blocks while the server does not read.
  OutputStream out();

  /// Ends our side and leaves the other open.
  void closeOutput();

  /// Ends both sides; what blocks on them fails.
  @Override
  void close();
}
