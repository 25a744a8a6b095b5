package dev.sandlot.toolbox.lsp;

import dev.sandlot.agentclient.AgentClient;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.process.AgentProcesses;
import dev.sandlot.agentclient.process.AgentProcesses.Family;
import dev.sandlot.agentclient.process.OutputRequest;
import dev.sandlot.agentclient.process.ProcessOutput;
import dev.sandlot.http.HttpFailure;
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

/// The conversation with one language server, from the start of its process on: it cannot be taken
/// up again by somebody else, because the numbers of requests and the point that has been read to
/// are in it. Thread-safe.
final class ServerConnection {
  /// On a process that we have ended: why.
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

  /// Begins to read what the process writes.
  ///
  /// Preconditions: the process of this address has just been started.
  ///
  /// @param whenEnded called once when nothing more can come
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
            end(messages.passOn());
          } finally {
            ended.complete(null);
            whenEnded.accept(this);
          }
        });
  }

  /// Whether it speaks to the process that this agent keeps now.
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

  /// Tells the server something.
  ///
  /// @throws HttpFailure when it has ended
  void tell(Consumer<LanguageServer> message) {
    message.accept(server);
    if (ended.isDone()) {
      throw LspFailures.gone(address);
    }
  }

  /// Asks the server.
  ///
  /// @return its answer, of which nothing is known but its form; null when it has none
  /// @throws HttpFailure when it refuses, does not answer in time, or has ended
  <T> @Nullable T ask(Function<LanguageServer, CompletableFuture<T>> question, Duration limit)
      throws InterruptedException {
    CompletableFuture<T> answer = question.apply(server);
    try {
      var _ = CompletableFuture.anyOf(answer, ended).get(limit.toNanos(), TimeUnit.NANOSECONDS);
      if (!answer.isDone()) {
        throw LspFailures.gone(address);
      }
      return answer.get();
    } catch (TimeoutException _) {
      answer.cancel(true);
      throw LspFailures.late(address, limit);
    } catch (ExecutionException e) {
      if (ended.isDone()) {
        throw LspFailures.gone(address);
      }
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw LspFailures.refused(address, String.valueOf(cause.getMessage()));
    }
  }

  /// Ends a server that has broken a rule, and leaves word of it.
  private void end(String fault) {
    if (fault.isEmpty()) {
      return;
    }
    try {
      var _ = agent.processes().label(address.processId(), Map.of(FAULT_LABEL, fault));
      agent.processes().signal(address.processId(), SIGNAL_KILL, Family.DESCENDANTS);
      var _ = agent.processes().await(address.processId(), limits.shutdownMax());
    } catch (AgentFailure _) {
      // It has ended by itself, or the sandbox has: then there is nobody to be ended.
    }
  }

  /// Says goodbye, and sees to it that the process and all that it has started have ended and are
  /// forgotten.
  void shutDown() throws InterruptedException {
    try {
      ask(LanguageServer::shutdown, limits.shutdownMax());
      server.exit();
      var _ = agent.processes().await(address.processId(), limits.shutdownMax());
    } catch (HttpFailure _) {
      // It does not know manners. It is ended all the same.
    } finally {
      agent.processes().remove(address.processId(), true);
    }
  }

  /// What we are to the server: somebody who shows nothing and decides nothing.
  private static final class Client implements Endpoint {
    @Override
    public CompletableFuture<?> request(String method, Object parameter) {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void notify(String method, Object parameter) {
      // Diagnostics, progress and logs have no place in the contract.
    }
  }
}
