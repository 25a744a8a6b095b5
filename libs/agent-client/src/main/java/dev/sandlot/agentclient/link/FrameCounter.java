package dev.sandlot.agentclient.link;

import io.grpc.netty.shaded.io.netty.buffer.ByteBuf;

/// Counts the HTTP/2 frames of an agent that make work and carry nothing: pings, settings, resets,
/// empty data. Follows the stream by the frames' headers alone. Used by one thread.
final class FrameCounter {
  private static final int HEADER_BYTES = 9;
  private static final int TYPE_AT = 3;
  private static final int FLAGS_AT = 4;
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int WINDOW_UPDATE = 8;
  private static final int ACKNOWLEDGED = 1;

  private final byte[] header = new byte[HEADER_BYTES];
  private int headerBytes;
  private long payloadLeft;
  private long idle;
  private long windowUpdates;

  /// Looks at the readable bytes and leaves them there.
  void count(ByteBuf bytes) {
    int at = bytes.readerIndex();
    int end = bytes.writerIndex();
    while (at < end) {
      if (payloadLeft > 0) {
        int step = (int) Math.min(payloadLeft, end - at);
        payloadLeft -= step;
        at += step;
      } else {
        header[headerBytes++] = bytes.getByte(at++);
        if (headerBytes == HEADER_BYTES) {
          headerBytes = 0;
          payloadLeft = (header[0] & 0xff) << 16 | (header[1] & 0xff) << 8 | header[2] & 0xff;
          countFrame();
        }
      }
    }
  }

  private void countFrame() {
    boolean acknowledged = (header[FLAGS_AT] & ACKNOWLEDGED) != 0;
    switch (header[TYPE_AT]) {
      case HEADERS -> {
        // Each belongs to a call.
      }
      case DATA -> idle += payloadLeft == 0 && !acknowledged ? 1 : 0; // the flag ends a stream
      case PING, SETTINGS -> idle += acknowledged ? 0 : 1;
      case WINDOW_UPDATE -> windowUpdates++;
      default -> idle++;
    }
  }

  /// Frames that carried nothing, since the last reset of the counts.
  long idle() {
    return idle;
  }

  /// Frames that let us send more, since the last reset of the counts.
  long windowUpdates() {
    return windowUpdates;
  }

  void resetCounts() {
    idle = 0;
    windowUpdates = 0;
  }
}
