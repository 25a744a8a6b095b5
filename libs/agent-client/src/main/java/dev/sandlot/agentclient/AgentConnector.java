package dev.sandlot.agentclient;

import dev.sandlot.agentclient.link.AgentLink;
import dev.sandlot.agentclient.link.AnswerBudget;
import dev.sandlot.agentclient.link.BoundedAnswers;
import dev.sandlot.agentclient.link.LinkGuard;
import dev.sandlot.agentclient.link.TracedCalls;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollIoHandler;
import io.grpc.netty.shaded.io.netty.channel.unix.DomainSocketAddress;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/// Opens links to agents. All links share its threads, so that a thousand idle ones cost little.
/// Thread-safe.
public final class AgentConnector implements AutoCloseable {
  private static final int IO_THREADS = 2;

  /// What may be under way to us on one stream before we read: enough for the link's full speed.
  private static final int WINDOW_BYTES = 4 << 20;

  private static final int MESSAGE_BYTES_MAX = 4 << 20;
  private static final int TRAILER_BYTES_MAX = 16 << 10;

  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(
          IO_THREADS, new DefaultThreadFactory("agent-link", true), EpollIoHandler.newFactory());
  private final AnswerBudget answers = AnswerBudget.ofHeap();
  private final ExecutorService callbacks = Executors.newVirtualThreadPerTaskExecutor();

  /// A client of the agent behind this socket. Connects at the first call, and again by itself
  /// after the link has broken.
  public AgentClient connect(Path socket) {
    AnswerBudget.Share share = answers.share();
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toString()))
            .overrideAuthority("agent")
            .channelFactory(AgentConnector::guarded)
            .eventLoopGroup(loops)
            // The builder's default; a Unix socket does not know it and would say so each time.
            .withOption(ChannelOption.SO_KEEPALIVE, null)
            .usePlaintext()
            .disableRetry()
            .flowControlWindow(WINDOW_BYTES)
            .maxInboundMessageSize(MESSAGE_BYTES_MAX)
            .maxInboundMetadataSize(TRAILER_BYTES_MAX)
            .intercept(new BoundedAnswers(share), new TracedCalls())
            .executor(callbacks)
            .offloadExecutor(callbacks)
            .build();
    return new AgentClient(new AgentLink(channel, share));
  }

  private static Channel guarded() {
    Channel channel = new EpollDomainSocketChannel();
    var _ = channel.pipeline().addLast(new LinkGuard());
    return channel;
  }

  /// Ends the threads. Clients must have been closed.
  @Override
  public void close() {
    var _ = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    callbacks.shutdownNow();
  }
}
