package dev.sandlot.http;

/// The shape in which a process reports failures
/// (docs/contract/transport.md#errors-of-the-control-api,
/// docs/contract/transport.md#errors-of-the-toolbox).
@FunctionalInterface
public interface FailureBody {
  /// The JSON value to answer with: a map or a record.
  Object of(Exchange exchange, HttpFailure failure);
}
