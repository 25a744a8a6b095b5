package dev.sandlot.agentclient.process;

import java.io.IOException;
import java.nio.ByteBuffer;

/// Takes what a process writes. While it blocks, the process blocks too once its pipe is full.
@FunctionalInterface
public interface OutputSink {
  /// @throws IOException to end the process
  void write(ByteBuffer data) throws IOException;
}
