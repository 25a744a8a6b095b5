package dev.sandlot.agentclient;

import dev.sandlot.agent.v1.DialRequest;
import dev.sandlot.agent.v1.DialResponse;
import dev.sandlot.agent.v1.DialTarget;
import dev.sandlot.agent.v1.ListPortsRequest;
import dev.sandlot.agent.v1.WaitForPortRequest;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AgentLink;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A sandbox's TCP ports. Thread-safe; failed calls throw {@link AgentFailure}.
public final class AgentPorts {
  private static final int PORT_MAX = 65_535;
  private static final Duration CALL_MAX = Duration.ofSeconds(10);
  private static final Duration CONNECT_MAX = Duration.ofSeconds(30);

  private final AgentLink link;

  AgentPorts(AgentLink link) {
    this.link = link;
  }

  /// The ports something listens on, sorted, each once.
  public List<Integer> listening() {
    List<Integer> ports =
        link.ask(CALL_MAX, agent -> agent.listPorts(ListPortsRequest.getDefaultInstance()))
            .getPortsList();
    if (ports.size() > PORT_MAX) {
      throw AgentLink.broken(ports.size() + " ports");
    }
    return ports.stream()
        .filter(port -> port >= 1 && port <= PORT_MAX)
        .sorted()
        .distinct()
        .toList();
  }

  /// Waits until something listens on a port, without connecting to it.
  ///
  /// @return false when nothing has within the limit
  public boolean awaitListening(int port, Duration limit) {
    WaitForPortRequest request =
        WaitForPortRequest.newBuilder().setPort(port).setTimeoutMs(limit.toMillis()).build();
    try {
      var _ = link.ask(limit.plus(CALL_MAX), agent -> agent.waitForPort(request));
      return true;
    } catch (AgentFailure failure) {
      if (failure.kind() == AgentFailure.Kind.DEADLINE_EXCEEDED) {
        return false;
      }
      throw failure;
    }
  }

  /// Opens a connection to a port.
  ///
  /// @throws AgentFailure UNAVAILABLE when nothing listens there
  public AgentConnection dial(int port) throws IOException {
    if (port < 1 || port > PORT_MAX) {
      throw new IllegalArgumentException("a port is 1 to 65535: " + port);
    }
    BlockingClientCall<DialRequest, DialResponse> call = link.stub().dial();
    boolean connected = false;
    try {
      call.write(DialRequest.newBuilder().setTarget(DialTarget.newBuilder().setPort(port)).build());
      DialResponse answer = call.read(CONNECT_MAX.toMillis(), TimeUnit.MILLISECONDS);
      if (answer == null || !answer.hasConnected()) {
        throw AgentLink.broken("data before the connection");
      }
      connected = true;
      return new AgentConnection(call);
    } catch (StatusException e) {
      throw AgentLink.failure(e);
    } catch (TimeoutException _) {
      throw AgentLink.stalled();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("the connection was interrupted");
    } finally {
      if (!connected) {
        call.cancel("the connection is not wanted", null);
      }
    }
  }
}
