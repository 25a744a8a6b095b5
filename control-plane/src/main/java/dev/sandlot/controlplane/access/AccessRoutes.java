package dev.sandlot.controlplane.access;

import dev.sandlot.controlplane.platform.WireTime;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.Route;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a key may ask about itself. Managing keys is for people who signed in, which this build
/// does not know yet.
public final class AccessRoutes {
  private final Callers callers;

  public AccessRoutes(Callers callers) {
    this.callers = callers;
  }

  public List<Route<Policy>> routes() {
    return List.of(new Route<>("GET", "/api-keys/current", Policy.key(), this::current));
  }

  private void current(Exchange exchange) {
    ApiKey key = callers.current(exchange);
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("name", key.name());
    body.put("value", key.masked());
    body.put("createdAt", WireTime.of(key.createdAt()));
    body.put("permissions", key.permissions().stream().map(Permission::wire).sorted().toList());
    body.put("lastUsedAt", key.lastUsedAt().map(WireTime::of).orElse(null));
    body.put("expiresAt", key.expiresAt().map(WireTime::of).orElse(null));
    body.put("userId", key.user().toString());
    exchange.sendJson(body);
  }
}
