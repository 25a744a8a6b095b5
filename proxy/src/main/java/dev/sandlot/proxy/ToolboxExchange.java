package dev.sandlot.proxy;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.http.Exchange;
import dev.sandlot.http.ForwardedExchange;
import dev.sandlot.proxy.access.Credentials;
import java.net.URLEncoder;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// An exchange as the toolbox sees it: without the credentials that let it in.
final class ToolboxExchange extends ForwardedExchange {
  private static final String FILE_PARAMETER = "path";

  private final Optional<String> file;
  private final String rawQuery;

  /// @param headers those that are left
  /// @param file what a signed URL opens: the toolbox sees that path and no other parameter, so
  ///   that it cannot read the query in another way than the signature's check did
  ToolboxExchange(
      Exchange exchange, List<Map.Entry<String, String>> headers, Optional<String> file) {
    super(exchange, headers);
    this.file = file;
    rawQuery =
        file.map(path -> FILE_PARAMETER + "=" + URLEncoder.encode(path, UTF_8))
            .orElseGet(() -> Credentials.withoutToken(exchange.rawQuery()));
  }

  @Override
  public String rawQuery() {
    return rawQuery;
  }

  @Override
  public Optional<String> query(String name) {
    return queryAll(name).stream().findFirst();
  }

  @Override
  public List<String> queryAll(String name) {
    if (file.isPresent()) {
      return name.equals(FILE_PARAMETER) ? List.of(file.get()) : List.of();
    }
    return name.equals(Credentials.QUERY_PARAMETER) ? List.of() : super.queryAll(name);
  }
}
