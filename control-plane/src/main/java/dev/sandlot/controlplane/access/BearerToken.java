package dev.sandlot.controlplane.access;

import dev.sandlot.http.Exchange;
import java.util.Optional;

/// What a request offers to be let in by.
public final class BearerToken {
  private static final String SCHEME = "Bearer ";

  private BearerToken() {}

  public static Optional<String> of(Exchange exchange) {
    return exchange
        .header("Authorization")
        .filter(value -> value.regionMatches(true, 0, SCHEME, 0, SCHEME.length()))
        .map(value -> value.substring(SCHEME.length()).strip());
  }
}
