package dev.sandlot.http;

/// The path of a request as logs and traces may show it. Whoever knows that a path holds something
/// secret leaves one of these with the exchange.
public record ShownPath(String text) {
  /// What may be shown of a request's path.
  public static String of(Exchange exchange) {
    return exchange.attribute(ShownPath.class).map(ShownPath::text).orElseGet(exchange::rawPath);
  }
}
