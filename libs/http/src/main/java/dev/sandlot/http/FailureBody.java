package dev.sandlot.http;

/// The shape in which a process tells of failures (contract: control-api.md §1.3, toolbox-api.md
/// §2).
@FunctionalInterface
public interface FailureBody {
  /// The JSON value to answer with: a map or a record.
  Object of(Exchange exchange, HttpFailure failure);
}
