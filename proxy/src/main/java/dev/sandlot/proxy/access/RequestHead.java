package dev.sandlot.proxy.access;

import dev.sandlot.http.Exchange;
import dev.sandlot.http.UpgradeRequest;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The head of a request, of a plain one and of one that asks for an upgrade.
///
/// @param rawPath percent-encoding untouched
/// @param rawQuery without the question mark; empty if there is none
/// @param headers in their order, names as sent
public record RequestHead(
    String method,
    String rawPath,
    String rawQuery,
    List<Map.Entry<String, String>> headers,
    String remoteAddress,
    boolean secure) {
  public RequestHead {
    headers = List.copyOf(headers);
  }

  public static RequestHead of(Exchange exchange) {
    return new RequestHead(
        exchange.method(),
        exchange.rawPath(),
        exchange.rawQuery(),
        exchange.headers(),
        exchange.remoteAddress(),
        exchange.secure());
  }

  public static RequestHead of(UpgradeRequest request) {
    String target = request.rawTarget();
    int mark = target.indexOf('?');
    return new RequestHead(
        request.method(),
        mark < 0 ? target : target.substring(0, mark),
        mark < 0 ? "" : target.substring(mark + 1),
        request.headers(),
        request.remoteAddress(),
        request.secure());
  }

  /// All values of a header; names in any case.
  public List<String> headers(String name) {
    return headers.stream()
        .filter(header -> header.getKey().equalsIgnoreCase(name))
        .map(Map.Entry::getValue)
        .toList();
  }

  /// The first value of a header.
  public Optional<String> header(String name) {
    return headers(name).stream().findFirst();
  }

  /// The same request for another path and query.
  public RequestHead withTarget(String path, String query) {
    return new RequestHead(method, path, query, headers, remoteAddress, secure);
  }

  /// The target as a request line has it.
  public String target() {
    return rawQuery.isEmpty() ? rawPath : rawPath + "?" + rawQuery;
  }

  /// Without what is secret.
  @Override
  public String toString() {
    return "RequestHead[method=" + method + ", rawPath=" + rawPath + "]";
  }
}
