package dev.sandlot.toolbox.lsp;

import dev.sandlot.agentclient.AgentClient;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.AgentProcesses;
import dev.sandlot.agentclient.process.AgentProcesses.Family;
import dev.sandlot.agentclient.process.OutputRequest;
import dev.sandlot.agentclient.process.ProcessOutput;
import dev.sandlot.model.OperationFailure;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.eclipse.lsp4j.jsonrpc.Endpoint;
import org.eclipse.lsp4j.jsonrpc.RemoteEndpoint;
import org.eclipse.lsp4j.jsonrpc.json.JsonRpcMethod;
import org.eclipse.lsp4j.jsonrpc.json.MessageJsonHandler;
import org.eclipse.lsp4j.jsonrpc.json.StreamMessageConsumer;
import org.eclipse.lsp4j.jsonrpc.services.ServiceEndpoints;
import org.eclipse.lsp4j.services.LanguageServer;
import org.jspecify.annotations.Nullable;

/// A JSON-RPC connection to one language server, from the start of its process on. Nobody else can
/// take it over, because it holds the numbers of requests and the read position. Thread-safe.
final class ServerConnection {
  /// Label of a process that was killed for a violation: the reason.
  static final String FAULT_LABEL = "sandlot.fault";

  private static final Map<String, JsonRpcMethod> METHODS =
      ServiceEndpoints.getSupportedMethods(LanguageServer.class);
  private static final int SIGNAL_KILL = 9;

  private final ServerAddress address;
  private final AgentClient agent;
  private final LspLimits limits;
  private final ProcessOutput output;
  private final LanguageServer server;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final Documents documents;

  /// Starts to read the process's output.
  ///
  /// Preconditions: the process of this address has just been started.
  ///
  /// @param whenEnded called once when the output has ended
  ServerConnection(
      ServerAddress address,
      AgentClient agent,
      LspLimits limits,
      Consumer<ServerConnection> whenEnded) {
    this.address = address;
    this.agent = agent;
    this.limits = limits;
    AgentProcesses processes = agent.processes();
    this.output = processes.read(address.processId(), OutputRequest.output(0, true));
    MessageJsonHandler json = new MessageJsonHandler(METHODS);
    ServerInput input = new ServerInput(processes, address.processId(), output::close);
    RemoteEndpoint remote =
        new RemoteEndpoint(new StreamMessageConsumer(input, json), new Client());
    remote.setJsonHandler(json);
    json.setMethodProvider(remote);
    this.server = ServiceEndpoints.toServiceObject(remote, LanguageServer.class);
    this.documents = new Documents(server, agent, address, limits);
    ServerOutput bytes = new ServerOutput(output, limits);
    BoundedMessages messages = new BoundedMessages(bytes, json, remote, agent.answers(), limits);
    Thread.ofVirtual()
        .name(address.processId())
        .start(() -> {
          try (output) {
            end(messages.readAll());
          } finally {
            ended.complete(null);
            whenEnded.accept(this);
          }
        });
  }

  /// Whether it is connected, and through this agent's current link.
  boolean serves(AgentClient current) {
    return agent == current && !ended.isDone();
  }

  ServerAddress address() {
    return address;
  }

  /// Its open documents.
  Documents documents() {
    return documents;
  }

  /// Sends the server a notification.
  ///
  /// @throws OperationFailure when it has ended
  void sendNotification(Consumer<LanguageServer> message) {
    message.accept(server);
    if (ended.isDone()) {
      throw LspFailures.justEnded(address);
    }
  }

  /// Sends the server a request and waits for the response.
  ///
  /// @return the response, of which only the type is checked; null when there is none
  /// @throws OperationFailure when the server answers with an error, not in time, or has ended
  <T> @Nullable T sendRequest(
      Function<LanguageServer, CompletableFuture<T>> request, Duration limit)
      throws InterruptedException {
    CompletableFuture<T> answer = request.apply(server);
    try {
      var _ = CompletableFuture.anyOf(answer, ended).get(limit.toNanos(), TimeUnit.NANOSECONDS);
      if (!answer.isDone()) {
        throw LspFailures.justEnded(address);
      }
      return answer.get();
    } catch (TimeoutException _) {
      answer.cancel(true);
      throw LspFailures.timedOut(address, limit);
    } catch (ExecutionException e) {
      if (ended.isDone()) {
        throw LspFailures.justEnded(address);
      }
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw LspFailures.refused(address, String.valueOf(cause.getMessage()));
    }
  }

  /// Kills a server that has broken a rule, and records the reason in a label.
  private void end(String fault) {
    if (fault.isEmpty()) {
      return;
    }
    try {
      var _ = agent.processes().label(address.processId(), Map.of(FAULT_LABEL, fault));
      agent.processes().signal(address.processId(), SIGNAL_KILL, Family.DESCENDANTS);
      var _ = agent.processes().await(address.processId(), limits.shutdownMax());
    } catch (AgentFailure _) {
      // The server has ended by itself, or the sandbox has.
    }
  }

  /// Shuts the server down by the protocol, then removes its process with all descendants.
  void shutDown() throws InterruptedException {
    try {
      sendRequest(LanguageServer::shutdown, limits.shutdownMax());
      server.exit();
      var _ = agent.processes().await(address.processId(), limits.shutdownMax());
    } catch (OperationFailure _) {
      // It does not answer the shutdown request; it is killed below.
    } finally {
      agent.processes().remove(address.processId(), true);
    }
  }

  /// The client's side of the protocol: ignores notifications, answers requests with null.
  private static final class Client implements Endpoint {
    @Override
    public CompletableFuture<?> request(String method, Object parameter) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void notify(String method, Object parameter) {
      // Diagnostics, progress and logs are not in the contract.
    }
  }
}
