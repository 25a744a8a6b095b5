package dev.sandlot.agentclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandlot.agent.v1.AgentGrpc;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AgentFailure.Kind;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollIoHandler;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/// An agent whose answers a test makes up, on a socket of its own, and a client of it.
final class TestAgent implements AutoCloseable {
  private static final EventLoopGroup LOOPS =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());

  private final AgentConnector connector = new AgentConnector();
  private final Path socket;
  private final Server server;
  private final AgentClient client;

  TestAgent(AgentGrpc.AgentImplBase answers) throws IOException {
    socket = Files.createTempDirectory("agent").resolve("s");
    server =
        NettyServerBuilder.forAddress(new DomainSocketAddress(socket.toString()))
            .channelType(EpollServerDomainSocketChannel.class)
            .bossEventLoopGroup(LOOPS)
            .workerEventLoopGroup(LOOPS)
            .addService(answers)
            .build()
            .start();
    client = connector.connect(socket);
  }

  AgentClient client() {
    return client;
  }

  /// A call that fails because the agent's answer cannot be true.
  static void assertBroken(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            AgentFailure.class, failure -> assertThat(failure.kind()).isEqualTo(Kind.INTERNAL))
        .hasMessageContaining("answered wrongly");
  }

  @Override
  public void close() throws IOException {
    client.close();
    server.shutdownNow();
    connector.close();
    Files.deleteIfExists(socket);
  }
}
