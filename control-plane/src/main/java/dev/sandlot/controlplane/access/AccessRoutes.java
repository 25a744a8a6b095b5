package dev.sandlot.controlplane.access;

import static dev.sandlot.controlplane.operation.OperationRow.get;

import dev.sandlot.controlplane.operation.Access;
import dev.sandlot.controlplane.operation.Answer;
import dev.sandlot.controlplane.operation.Call;
import dev.sandlot.controlplane.operation.Permission;
import dev.sandlot.controlplane.operation.Rules;
import dev.sandlot.controlplane.platform.WireTime;
import dev.sandlot.http.Operation;
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

  public List<Operation<Rules>> operations() {
    return List.of(
        get("getCurrentApiKey", "/api-keys/current").by(Access.key()).does(this::current));
  }

  private Answer current(Call call) {
    ApiKey key = callers.current(BearerToken.of(call.exchange()));
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("name", key.name());
    body.put("value", key.masked());
    body.put("createdAt", WireTime.of(key.createdAt()));
    body.put("permissions", key.permissions().stream().map(Permission::wire).sorted().toList());
    body.put("lastUsedAt", key.lastUsedAt().map(WireTime::of).orElse(null));
    body.put("expiresAt", key.expiresAt().map(WireTime::of).orElse(null));
    body.put("userId", key.user().toString());
    return Answer.json(body);
  }
}
