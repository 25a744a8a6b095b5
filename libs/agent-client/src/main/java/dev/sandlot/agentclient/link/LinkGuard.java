package dev.sandlot.agentclient.link;

import io.grpc.netty.shaded.io.netty.buffer.ByteBuf;
import io.grpc.netty.shaded.io.netty.channel.ChannelDuplexHandler;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ChannelPromise;
import io.grpc.netty.shaded.io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Ends the link to an agent that floods it or does not read. HTTP/2 answers each ping and each
/// setting: an agent that sends them and reads nothing would have the answers pile up here. It
/// stands next to the socket, one on each link.
public final class LinkGuard extends ChannelDuplexHandler {
  private static final Logger LOGGER = LoggerFactory.getLogger(LinkGuard.class);

  /// Much more than calls under way have waiting: their data waits for the agent's permission.
  private static final long WAITING_BYTES_MAX = 32 << 20;

  private static final int WAITING_WRITES_MAX = 20_000;

  /// Without a byte being taken while some wait. A paused sandbox is not asked anything.
  private static final long STALL_MAX_NANOS = TimeUnit.SECONDS.toNanos(60);

  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long IDLE_FRAMES_MAX = 20_000;
  private static final long WINDOW_UPDATES_MAX = 500_000;
  private static final int LOOK_SECONDS = 5;

  private final FrameCounter frames = new FrameCounter();
  private long windowBegan = System.nanoTime();
  private long waitingBytes;
  private int waitingWrites;
  private long progress = System.nanoTime();
  private boolean closing;
  private @Nullable ScheduledFuture<?> look;

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    if (context.channel().isRegistered()) {
      watch(context);
    }
  }

  @Override
  public void channelRegistered(ChannelHandlerContext context) {
    watch(context);
    context.fireChannelRegistered();
  }

  private void watch(ChannelHandlerContext context) {
    if (look == null) {
      look =
          context
              .executor()
              .scheduleAtFixedRate(
                  () -> closeWhenStalled(context), LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
    }
  }

  private void closeWhenStalled(ChannelHandlerContext context) {
    if (waitingWrites > 0 && System.nanoTime() - progress > STALL_MAX_NANOS) {
      close(context, "it reads nothing");
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    ScheduledFuture<?> scheduled = look;
    if (scheduled != null) {
      var _ = scheduled.cancel(false);
    }
    context.fireChannelInactive();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof ByteBuf bytes) {
      long now = System.nanoTime();
      if (now - windowBegan > WINDOW_NANOS) {
        windowBegan = now;
        frames.resetCounts();
      }
      frames.count(bytes);
      if (frames.idle() > IDLE_FRAMES_MAX || frames.windowUpdates() > WINDOW_UPDATES_MAX) {
        bytes.release();
        close(context, "it sends more than it answers");
        return;
      }
    }
    context.fireChannelRead(message);
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise given) {
    int size = message instanceof ByteBuf bytes ? bytes.readableBytes() : 0;
    ChannelPromise promise = given.unvoid();
    if (waitingWrites == 0) {
      progress = System.nanoTime();
    }
    waitingWrites++;
    waitingBytes += size;
    var _ =
        promise.addListener(_ -> {
          waitingWrites--;
          waitingBytes -= size;
          progress = System.nanoTime();
        });
    var _ = context.write(message, promise);
    if (waitingBytes > WAITING_BYTES_MAX || waitingWrites > WAITING_WRITES_MAX) {
      close(context, "it does not read what it asks for");
    }
  }

  private void close(ChannelHandlerContext context, String reason) {
    if (!closing) {
      closing = true;
      LOGGER.atWarn().addKeyValue("reason", reason).log("the link to a sandbox's agent is ended");
      var _ = context.close();
    }
  }
}
