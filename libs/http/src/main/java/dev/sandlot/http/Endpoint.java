package dev.sandlot.http;

/// Serves one request. Runs on a virtual thread of its own and may block.
@FunctionalInterface
public interface Endpoint {
  /// @throws dev.sandlot.model.OperationFailure to answer with a failure
  /// @throws Exception anything else becomes a 500 that says nothing, and is logged
  void serve(Exchange exchange) throws Exception;
}
