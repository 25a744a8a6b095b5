package dev.sandlot.controlplane.operation;

import dev.sandlot.http.Endpoint;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.Operation;
import dev.sandlot.http.PathPattern;
import java.util.Optional;

/// Writes an operation down, part by part, and ends with the method that serves it:
///
/// ```java
/// post("startSandbox", "/sandbox/{sandboxIdOrName}/start")
///     .by(Access.key(WRITE_SANDBOXES))
///     .audited("start", "sandbox")
///     .on(kind.at("sandboxIdOrName"), this::start)
/// ```
///
/// What the path names is looked up, and hidden from whom it does not belong to, before the method
/// runs. Immutable.
public final class OperationRow {
  private static final int OK = 200;

  private final String id;
  private final String method;
  private final String path;
  private final int success;
  private final Rules rules;

  private OperationRow(String id, String method, String path, int success, Rules rules) {
    this.id = id;
    this.method = method;
    this.path = path;
    this.success = success;
    this.rules = rules;
  }

  private static OperationRow row(String id, String method, String path) {
    Rules rules =
        new Rules(Access.only(), Optional.empty(), Optional.empty(), RateClass.AUTHENTICATED);
    return new OperationRow(id, method, path, OK, rules);
  }

  /// @param id the contract's `operationId`
  /// @param path below /api, parameters in braces
  public static OperationRow get(String id, String path) {
    return row(id, "GET", path);
  }

  public static OperationRow post(String id, String path) {
    return row(id, "POST", path);
  }

  public static OperationRow put(String id, String path) {
    return row(id, "PUT", path);
  }

  public static OperationRow delete(String id, String path) {
    return row(id, "DELETE", path);
  }

  /// Who may call; nobody until this is said.
  public OperationRow by(Access access) {
    RateClass rate = access instanceof Access.Anyone ? RateClass.ANONYMOUS : rules.rate();
    return with(new Rules(access, rules.resource(), rules.audit(), rate));
  }

  /// Calls are written to the audit log, as this.
  public OperationRow audited(String action, String target) {
    Audit audit = new Audit(action, target);
    return with(new Rules(rules.access(), rules.resource(), Optional.of(audit), rules.rate()));
  }

  /// Which counter calls count in, where it is not the one of all calls.
  public OperationRow counted(RateClass rate) {
    return with(new Rules(rules.access(), rules.resource(), rules.audit(), rate));
  }

  /// The status of an answer that says no other; 200 where this is not said.
  public OperationRow answers(int status) {
    return new OperationRow(id, method, path, status, rules);
  }

  private OperationRow with(Rules other) {
    return new OperationRow(id, method, path, success, other);
  }

  /// What an operation does.
  @FunctionalInterface
  public interface Method {
    /// @throws dev.sandlot.model.OperationFailure to answer with a failure
    Answer serve(Call call) throws Exception;
  }

  /// What an operation does with the thing that its path names.
  @FunctionalInterface
  public interface MethodOn<R> {
    /// @throws dev.sandlot.model.OperationFailure to answer with a failure
    Answer serve(Call call, R found) throws Exception;
  }

  /// An operation that names nothing which belongs to somebody.
  public Operation<Rules> does(Method served) {
    return operation(rules, exchange -> served.serve(call(exchange)).send(exchange));
  }

  /// An operation on a thing: only its owner gets to the method.
  public <R> Operation<Rules> on(Resource<R> resource, MethodOn<R> served) {
    Rules all = new Rules(rules.access(), Optional.of(resource), rules.audit(), rules.rate());
    return operation(
        all,
        exchange -> {
          Call call = call(exchange);
          R found = resource.find(call.caller(), call.parameter(resource.parameter()));
          exchange.attribute(Named.class, new Named(resource.kind().id(found)));
          served.serve(call, found).send(exchange);
        });
  }

  private Operation<Rules> operation(Rules all, Endpoint endpoint) {
    return new Operation<>(id, method, new PathPattern(path), success, all, endpoint);
  }

  private static Call call(Exchange exchange) {
    return new Call(
        exchange,
        exchange
            .attribute(Caller.class)
            .orElseThrow(() -> new IllegalStateException("it is not known who calls")));
  }
}
