package dev.sandlot.agentclient.link;

import io.grpc.netty.shaded.io.netty.buffer.ByteBuf;
import io.grpc.netty.shaded.io.netty.buffer.Unpooled;
import io.grpc.netty.shaded.io.netty.channel.embedded.EmbeddedChannel;
import java.util.Arrays;

/// Frames of an agent: however they are cut into reads, the same are counted, and none is lost.
final class AgentFramesFuzz {
  private AgentFramesFuzz() {}

  /// Called by the fuzzer: the first byte decides how the rest is cut.
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length < 2) {
      return;
    }
    int step = (input[0] & 0xff) + 1;
    FrameCounter whole = new FrameCounter();
    whole.count(Unpooled.wrappedBuffer(input, 1, input.length - 1));
    FrameCounter pieces = new FrameCounter();
    EmbeddedChannel channel = new EmbeddedChannel(new LinkGuard());
    int arrived = 0;
    for (int at = 1; at < input.length; at += step) {
      byte[] piece = Arrays.copyOfRange(input, at, Math.min(input.length, at + step));
      pieces.count(Unpooled.wrappedBuffer(piece));
      channel.writeInbound(Unpooled.wrappedBuffer(piece));
      arrived += piece.length;
    }
    require(whole.idle() == pieces.idle(), "the same frames");
    require(whole.windowUpdates() == pieces.windowUpdates(), "the same permissions");
    require(whole.idle() * 9 <= input.length, "no frame without a header");
    require(channel.isOpen(), "a few frames are no flood");
    int passed = 0;
    for (Object each = channel.readInbound(); each != null; each = channel.readInbound()) {
      passed += ((ByteBuf) each).readableBytes();
    }
    var _ = channel.close();
    require(passed == arrived, "all bytes are passed on");
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }
}
