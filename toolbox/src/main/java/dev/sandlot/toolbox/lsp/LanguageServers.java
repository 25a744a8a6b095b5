package dev.sandlot.toolbox.lsp;

import dev.sandlot.agentclient.AgentClient;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.OutputPiece;
import dev.sandlot.agentclient.process.OutputRequest;
import dev.sandlot.agentclient.process.ProcessOutput;
import dev.sandlot.agentclient.process.ProcessStart;
import dev.sandlot.agentclient.process.ProcessStatus;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// Starts, finds and ends language servers. The list of servers is the agents' process tables. A
/// server without a connection of ours, because the runner was restarted or the link broke, is
/// replaced by a new one with the same documents. Thread-safe; calls to one server run one at a
/// time.
final class LanguageServers {
  private static final int ERROR_TAIL_BYTES = 4_096;
  private static final int ERROR_TAIL_PIECES_MAX = 16;

  private final LspLimits limits;
  private final ServerLocks locks = new ServerLocks();
  private final Map<ServerAddress, ServerConnection> connections = new ConcurrentHashMap<>();

  LanguageServers(LspLimits limits) {
    this.limits = limits;
  }

  /// A call to a server.
  interface ServerCall<T> {
    T of(ServerConnection connection) throws IOException, InterruptedException;
  }

  /// Starts a server, unless it runs.
  ///
  /// @throws OperationFailure when it cannot be started or does not answer
  void start(RunningSandbox sandbox, ServerAddress address)
      throws IOException, InterruptedException {
    try (var _ = lock(address)) {
      AgentClient agent = sandbox.agent();
      if (connected(agent, address).isPresent()) {
        return;
      }
      ProcessStatus before = agent.processes().find(address.processId()).orElse(null);
      if (before == null) {
        if (agent.processes().list(ServerAddress.label(), true).size() >= limits.serversMax()) {
          throw ToolboxFailures.badRequest(
              "a sandbox may have " + limits.serversMax() + " language servers; stop one of them");
        }
        var _ = launch(agent, address, List.of());
      } else {
        var _ = replace(agent, address, before);
      }
    }
  }

  /// Ends a server with all its descendants.
  ///
  /// @throws OperationFailure when there is none
  void stop(RunningSandbox sandbox, ServerAddress address) throws InterruptedException {
    try (var _ = lock(address)) {
      AgentClient agent = sandbox.agent();
      ServerConnection connection = connected(agent, address).orElse(null);
      if (connection != null) {
        connection.shutDown();
        return;
      }
      if (agent.processes().find(address.processId()).isEmpty()) {
        throw LspFailures.notStarted(address);
      }
      agent.processes().remove(address.processId(), true);
    }
  }

  /// Calls a server that was started.
  ///
  /// @throws OperationFailure when it was not started, or has ended
  <T> T call(RunningSandbox sandbox, ServerAddress address, ServerCall<T> call)
      throws IOException, InterruptedException {
    try (var _ = lock(address)) {
      return call.of(current(sandbox.agent(), address));
    }
  }

  private ServerLocks.Held lock(ServerAddress address) throws InterruptedException {
    return locks
        .acquire(address, limits.requestMax())
        .orElseThrow(() -> LspFailures.timedOut(address, limits.requestMax()));
  }

  private Optional<ServerConnection> connected(AgentClient agent, ServerAddress address) {
    return Optional.ofNullable(connections.get(address))
        .filter(connection -> connection.serves(agent));
  }

  private ServerConnection current(AgentClient agent, ServerAddress address)
      throws IOException, InterruptedException {
    ServerConnection connection = connected(agent, address).orElse(null);
    if (connection != null) {
      return connection;
    }
    ProcessStatus process =
        agent
            .processes()
            .find(address.processId())
            .orElseThrow(() -> LspFailures.notStarted(address));
    if (process.end().isPresent()) {
      throw LspFailures.ended(
          address, process.end().get(), process.label(ServerConnection.FAULT_LABEL));
    }
    return replace(agent, address, process);
  }

  /// Replaces a server. The documents of one that has ended are not opened again, since one of them
  /// may have crashed it.
  private ServerConnection replace(AgentClient agent, ServerAddress address, ProcessStatus before)
      throws IOException, InterruptedException {
    List<String> documents = before.running() ? Documents.on(before) : List.of();
    agent.processes().remove(address.processId(), true);
    return launch(agent, address, documents);
  }

  private ServerConnection launch(AgentClient agent, ServerAddress address, List<String> documents)
      throws IOException, InterruptedException {
    ProcessStart start = address.process().keepBytes(limits.keptOutputBytes());
    if (isDirectory(agent, address.project())) {
      start.workingDirectory(address.project());
    }
    try {
      var _ = agent.processes().start(start);
    } catch (AgentFailure failure) {
      throw failure.errno().isPresent()
          ? LspFailures.notInstalled(address.language(), failure.sentence())
          : failure;
    }
    boolean ready = false;
    try {
      ServerConnection connection =
          new ServerConnection(address, agent, limits, ended -> connections.remove(address, ended));
      initialize(agent, connection);
      connection.documents().reopen(documents);
      connections.put(address, connection);
      if (!connection.serves(agent)) {
        connections.remove(address, connection);
      }
      ready = true;
      return connection;
    } finally {
      if (!ready) {
        agent.processes().remove(address.processId(), true);
      }
    }
  }

  private void initialize(AgentClient agent, ServerConnection connection)
      throws InterruptedException {
    try {
      Handshake.with(connection, limits.startMax());
    } catch (OperationFailure failure) {
      String tail = errorTail(agent, connection.address().processId());
      throw LspFailures.noHandshake(connection.address(), failure.sentence(), tail);
    }
  }

  private static String errorTail(AgentClient agent, String processId) {
    StringBuilder tail = new StringBuilder();
    long written = agent.processes().get(processId).errorBytes();
    long from = Math.max(0, written - ERROR_TAIL_BYTES);
    try (ProcessOutput output =
        agent.processes().read(processId, new OutputRequest(false, true, 0, from, false))) {
      for (int pieces = 0; pieces < ERROR_TAIL_PIECES_MAX; pieces++) {
        Optional<OutputPiece> piece = output.next();
        if (piece.isEmpty()) {
          break;
        }
        tail.append(StandardCharsets.UTF_8.decode(piece.get().data()));
      }
      return tail.toString();
    } catch (AgentFailure | InterruptedIOException _) {
      return tail.toString();
    }
  }

  /// Whether the project exists; otherwise its server starts in the default working directory.
  private static boolean isDirectory(AgentClient agent, String path) {
    try {
      return agent.files().status(path).directory();
    } catch (AgentFailure failure) {
      return switch (failure.kind()) {
        case NOT_FOUND, PERMISSION_DENIED, INVALID_ARGUMENT -> false;
        default -> throw failure;
      };
    }
  }
}
