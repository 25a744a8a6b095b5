package dev.sandlot.controlplane.operation;

import dev.sandlot.controlplane.platform.QueryParameters;
import dev.sandlot.controlplane.platform.RequestBody;
import dev.sandlot.http.BodyReader;
import dev.sandlot.http.Exchange;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.RunnerId;

/// A call of an operation by one who may call it. Used by one thread.
///
/// @param exchange for what is not here: headers, whether the client has left
public record Call(Exchange exchange, Caller caller) {
  /// The organisation whose key is used.
  public OrganizationId organization() {
    if (caller instanceof Caller.KeyHolder holder) {
      return holder.organization();
    }
    throw new IllegalStateException("the row admits others than users' keys");
  }

  /// The runner that calls.
  public RunnerId runner() {
    if (caller instanceof Caller.Runner runner) {
      return runner.runner();
    }
    throw new IllegalStateException("the row admits others than runners");
  }

  /// A parameter of the path, decoded.
  public String parameter(String name) {
    return exchange.pathParameter(name);
  }

  public QueryParameters query() {
    return new QueryParameters(exchange);
  }

  /// The body, which must be JSON.
  ///
  /// @throws dev.sandlot.model.OperationFailure BAD_REQUEST when it is not
  public BodyReader body() {
    return RequestBody.of(exchange);
  }
}
