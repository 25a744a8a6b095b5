package dev.sandlot.http;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// All operations of a process, to be walked by tests and to be looked up in. Immutable.
///
/// @param <R> the process's rules
public final class OperationTable<R> {
  private final List<Operation<R>> operations;

  /// Static segments win over parameters, whatever the order given.
  public OperationTable(List<Operation<R>> operations) {
    List<Operation<R>> sorted = new ArrayList<>(operations);
    sorted.sort(Comparator.comparingInt((Operation<R> one) -> one.path().literals()).reversed());
    this.operations = List.copyOf(sorted);
  }

  public List<Operation<R>> operations() {
    return operations;
  }

  /// An operation that fits, with the parameters of its path.
  public record Match<R>(Operation<R> operation, Map<String, String> parameters) {
    /// Leaves with the exchange what those behind need: the operation's id, its parameters, and its
    /// status on success.
    public void leaveWith(Exchange exchange) {
      exchange.attribute(OperationId.class, new OperationId(operation.id()));
      exchange.pathParameters(parameters);
      exchange.status(operation.success());
    }
  }

  /// Looks a request up. A `HEAD` is served by the operation of `GET`.
  public Optional<Match<R>> find(String method, String rawPath) {
    String wanted = method.equals("HEAD") ? "GET" : method;
    for (Operation<R> operation : operations) {
      if (operation.method().equals(wanted) || operation.method().equals("*")) {
        Optional<Map<String, String>> parameters = operation.path().match(rawPath);
        if (parameters.isPresent()) {
          return Optional.of(new Match<>(operation, parameters.get()));
        }
      }
    }
    return Optional.empty();
  }
}
