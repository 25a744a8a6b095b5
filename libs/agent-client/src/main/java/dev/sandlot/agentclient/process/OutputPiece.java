package dev.sandlot.agentclient.process;

import java.nio.ByteBuffer;

/// A piece of what a process has written.
///
/// @param error of standard error; otherwise of standard output or the terminal
/// @param offset of its first byte in its stream. Beyond the end of the piece before when bytes
///   between them were dropped to stay below the limit
/// @param data read-only
public record OutputPiece(boolean error, long offset, ByteBuffer data) {
  /// The offset behind its last byte.
  public long end() {
    return offset + data.remaining();
  }
}
