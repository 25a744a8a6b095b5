package dev.sandlot.proxy;

import dev.sandlot.model.SandboxId;
import java.util.Optional;

/// That a request may reach a port.
///
/// @param authorizationUsed the request's `Authorization` is ours and must not go on
/// @param cookie the `Set-Cookie` that keeps the browser let in
record Grant(SandboxId id, Port port, boolean authorizationUsed, Optional<String> cookie) {}
