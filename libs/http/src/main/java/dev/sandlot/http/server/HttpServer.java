package dev.sandlot.http.server;

import dev.sandlot.http.Endpoint;
import dev.sandlot.http.FailureBody;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Json;
import dev.sandlot.http.ShownPath;
import dev.sandlot.http.Upgrades;
import dev.sandlot.model.OperationFailure;
import io.helidon.common.configurable.Resource;
import io.helidon.common.pki.Keys;
import io.helidon.common.socket.SocketOptions;
import io.helidon.common.tls.TlsConfig;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionConfig;
import io.helidon.webserver.ErrorHandling;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A listening HTTP/1.1 server. One virtual thread a connection. Thread-safe.
public final class HttpServer implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(HttpServer.class);
  private static final int WRITE_BUFFER_BYTES = 64 * 1024;
  private static final int BACKLOG = 1024;

  private final WebServer server;
  private final Connections connections;

  private HttpServer(WebServer server, Connections connections) {
    this.server = server;
    this.connections = connections;
  }

  /// Starts to listen.
  ///
  /// @param dispatcher serves every request that is not upgraded
  /// @param failures the shape of what is thrown
  /// @throws UncheckedIOException when the address cannot be bound; the message says which
  public static HttpServer start(
      ListenConfig listen, Endpoint dispatcher, FailureBody failures, Upgrades upgrades) {
    // Helidon's own limits of a head stand behind ours, which hold first.
    ConnectionLimits limits = listen.limits();
    var selector =
        Http1ConnectionSelector.builder()
            .config(
                Http1Config.builder()
                    .maxHeadersSize(2 * limits.headBytesMax())
                    .maxPrologueLength(2 * limits.headBytesMax())
                    .validatePath(false)
                    .validatePrologue(false)
                    .validateRequestHostHeader(false)
                    .build())
            .update(selecting ->
                upgrades
                    .protocols()
                    .forEach(
                        protocol -> selecting.addUpgrader(new TunnelUpgrader(protocol, upgrades))))
            .build();
    Connections connections = new Connections(selector, limits, listen.proxies());
    WebServerConfig.Builder builder =
        WebServer.builder()
            .host(listen.host())
            .port(listen.port())
            .backlog(BACKLOG)
            // Where the system has no more descriptors, Helidon would end the listener for good: it
            // waits before it takes more than we keep and are just closing.
            .maxTcpConnections(limits.connectionsMax() + limits.strangersMax())
            .writeBufferSize(WRITE_BUFFER_BYTES)
            .shutdownHook(false)
            .idleConnectionTimeout(limits.idleMax())
            .shutdownGracePeriod(Duration.ofMillis(500))
            .protocolsDiscoverServices(false)
            .connectionOptions(SocketOptions.builder().tcpNoDelay(true).build())
            .connectionConfig(ConnectionConfig.builder().readTimeout(Duration.ZERO).build())
            .addConnectionSelector(connections)
            .directHandlers(plainRefusals())
            .errorHandling(ErrorHandling.builder().includeEntity(true).build())
            .routing(routing ->
                routing.any((request, response) -> serve(dispatcher, failures, request, response)));
    listen.tls().ifPresent(files -> builder.tls(tls(files)));
    try {
      return new HttpServer(builder.build().start(), connections);
    } catch (UncheckedIOException e) {
      connections.close();
      throw new UncheckedIOException(
          "cannot listen on "
              + listen.host()
              + ":"
              + listen.port()
              + " for the "
              + listen.name()
              + "; is another server running there?",
          e.getCause());
    }
  }

  /// The port it listens on.
  public int port() {
    return server.port();
  }

  @Override
  public void close() {
    server.stop();
    connections.close();
  }

  private static TlsConfig tls(TlsFiles files) {
    Keys keys =
        Keys.builder()
            .pem(pem ->
                pem.key(Resource.create(files.key()))
                    .certChain(Resource.create(files.certificate())))
            .build();
    return TlsConfig.builder()
        .privateKey(keys.privateKey().orElseThrow())
        .privateKeyCertChain(keys.certChain())
        .buildPrototype();
  }

  private static void serve(
      Endpoint dispatcher, FailureBody failures, ServerRequest request, ServerResponse response) {
    HelidonExchange exchange = new HelidonExchange(request, response);
    try {
      dispatcher.serve(exchange);
      if (!exchange.sent()) {
        exchange.send();
      }
    } catch (OperationFailure failure) {
      answer(exchange, failures, HttpFailure.of(failure));
    } catch (SocketException | UncheckedIOException e) {
      clientLeft(exchange, failures, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      answer(exchange, failures, new HttpFailure(503, "", "the server is stopping, try again"));
    } catch (CloseConnectionException e) {
      throw e;
    } catch (Exception | StackOverflowError e) {
      unexpected(exchange, failures, e);
    }
    if (!exchange.streaming() && request.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
      throw new CloseConnectionException(
          "the client asked for it"); // Helidon leaves it to the client
    }
  }

  private static void clientLeft(HelidonExchange exchange, FailureBody failures, Exception cause) {
    if (exchange.sent()) {
      LOGGER.atDebug().addKeyValue("path", ShownPath.of(exchange)).log("client left");
      exchange.abort();
    } else {
      unexpected(exchange, failures, cause);
    }
  }

  private static void unexpected(HelidonExchange exchange, FailureBody failures, Throwable cause) {
    String reference = UUID.randomUUID().toString();
    LOGGER
        .atError()
        .setCause(cause)
        .addKeyValue("reference", reference)
        .addKeyValue("method", exchange.method())
        .addKeyValue("path", ShownPath.of(exchange))
        .log("request failed unexpectedly");
    answer(
        exchange,
        failures,
        new HttpFailure(
            500,
            "",
            "something went wrong on the server; its log has the details under reference "
                + reference));
  }

  private static void answer(HelidonExchange exchange, FailureBody failures, HttpFailure failure) {
    if (exchange.sent()) {
      exchange.abort();
      return;
    }
    boolean drained = exchange.drainForAnswer();
    exchange.status(failure.status());
    for (Map.Entry<String, String> header : failure.headers().entrySet()) {
      exchange.responseHeader(header.getKey(), header.getValue());
    }
    exchange.sendJson(failures.of(exchange, failure));
    if (!drained) {
      exchange.linger();
      exchange.abort();
    }
  }

  /// What is refused before it is a request says why, and no more.
  private static DirectHandlers plainRefusals() {
    DirectHandler handler =
        (request, eventType, status, headers, message) ->
            DirectHandler.TransportResponse.builder()
                .status(status)
                .headers(headers)
                .header(HeaderNames.CONTENT_TYPE, "application/json")
                .entity(
                    Json.text(
                        Map.of(
                            "statusCode",
                            status.code(),
                            "message",
                            // Null where it may hold the client's own words.
                            Objects.requireNonNullElse(message, status.reasonPhrase()))))
                .build();
    DirectHandlers.Builder builder = DirectHandlers.builder();
    builder.addHandler(DirectHandler.EventType.BAD_REQUEST, handler);
    return builder.build();
  }
}
