package dev.sandlot.controlplane;

import dev.sandlot.controlplane.access.BearerToken;
import dev.sandlot.controlplane.access.Callers;
import dev.sandlot.controlplane.operation.Access;
import dev.sandlot.controlplane.operation.AuditLog;
import dev.sandlot.controlplane.operation.Caller;
import dev.sandlot.controlplane.operation.Rules;
import dev.sandlot.http.Endpoint;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.Operation;
import dev.sandlot.http.OperationTable;
import dev.sandlot.http.ShownPath;
import dev.sandlot.http.throttle.FailedAttempts;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import java.util.Optional;

/// Leads every request under /api to its operation, past the one place where it is decided who may
/// call.
final class ApiDispatcher implements Endpoint {
  private static final String PREFIX = "/api";
  private static final String VERSION_HEADER = "X-Daytona-Api-Version";
  private static final String CORS_METHODS = "GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS";

  private final OperationTable<Rules> operations;
  private final KnownOperations known;
  private final Callers callers;
  private final FailedAttempts attempts;
  private final AuditLog audit = new AuditLog();
  private final String version;

  ApiDispatcher(
      OperationTable<Rules> operations,
      KnownOperations known,
      Callers callers,
      FailedAttempts attempts,
      String version) {
    this.operations = operations;
    this.known = known;
    this.callers = callers;
    this.attempts = attempts;
    this.version = version;
  }

  @Override
  public void serve(Exchange exchange) throws Exception {
    exchange.responseHeader(VERSION_HEADER, version);
    exchange.responseHeader("Access-Control-Allow-Origin", "*");
    exchange.responseHeader("Access-Control-Expose-Headers", VERSION_HEADER);
    if (exchange.method().equals("OPTIONS")) {
      preflight(exchange);
      return;
    }
    String path = exchange.rawPath();
    if (!path.startsWith(PREFIX + "/")) {
      throw unknown(exchange);
    }
    dispatch(exchange, path.substring(PREFIX.length()));
  }

  private void dispatch(Exchange exchange, String path) throws Exception {
    OperationTable.Match<Rules> match = operations.find(exchange.method(), path).orElse(null);
    if (match == null) {
      if (known.contains(exchange.method(), path)) {
        throw new OperationFailure(
            ErrorCode.NOT_IMPLEMENTED, "this server knows the operation but has not built it yet");
      }
      throw unknown(exchange);
    }
    Operation<Rules> operation = match.operation();
    match.leaveWith(exchange);
    exchange.attribute(ShownPath.class, new ShownPath(PREFIX + operation.path().shown(path)));
    Access access = operation.rules().access();
    // What is open to anyone answers also when keys cannot be looked up.
    Caller caller =
        access instanceof Access.Anyone ? new Caller.Anonymous() : admitted(access, exchange);
    if (!(caller instanceof Caller.Anonymous)) {
      exchange.admit(true);
    }
    if (match.parameters().values().stream().anyMatch(value -> value.indexOf('\0') >= 0)) {
      // Nothing has such a name, and the database could not even be asked for it.
      throw OperationFailure.notFound("there is nothing with a NUL character in its name");
    }
    exchange.attribute(Caller.class, caller);
    audit.served(operation, caller, exchange);
  }

  private Caller admitted(Access access, Exchange exchange) {
    Optional<String> token = BearerToken.of(exchange);
    return attempts.checked(
        exchange.remoteAddress(),
        token.stream().toList(),
        () -> {
          Caller caller = token.map(callers::ofToken).orElseGet(Caller.Anonymous::new);
          access.admit(caller);
          return caller;
        });
  }

  private static OperationFailure unknown(Exchange exchange) {
    return OperationFailure.notFound(
        "there is no operation " + exchange.method() + " " + exchange.rawPath());
  }

  private static void preflight(Exchange exchange) {
    exchange.responseHeader("Access-Control-Allow-Methods", CORS_METHODS);
    exchange
        .header("Access-Control-Request-Headers")
        .ifPresent(headers -> exchange.responseHeader("Access-Control-Allow-Headers", headers));
    exchange.responseHeader("Vary", "Access-Control-Request-Headers");
    exchange.status(204).send();
  }
}
