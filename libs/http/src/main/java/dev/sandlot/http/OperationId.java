package dev.sandlot.http;

/// What the contract calls the operation that a request asks for, left with the exchange by whoever
/// has found it. Counters and traces name requests by it: paths are without bound.
public record OperationId(String text) {
  private static final String NONE = "none";

  /// The operation's id; "none" as long as nobody has found one.
  public static String of(Exchange exchange) {
    return exchange.attribute(OperationId.class).map(OperationId::text).orElse(NONE);
  }
}
