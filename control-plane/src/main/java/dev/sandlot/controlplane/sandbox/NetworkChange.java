package dev.sandlot.controlplane.sandbox;

import dev.sandlot.http.BodyReader;
import java.util.Optional;

/// What is to change in what a sandbox may reach; what is absent stays.
record NetworkChange(Optional<Boolean> blockAll, Optional<String> allowList) {
  /// @throws RuntimeException the body's refusal of what does not fit
  static NetworkChange read(BodyReader body) {
    if (body.asks("domainAllowList")) {
      throw body.refused(
          "domainAllowList", "is not supported by this server yet; use networkAllowList");
    }
    return new NetworkChange(
        body.flag("networkBlockAll"), body.text("networkAllowList", RequestLimits.LIST_LENGTH_MAX));
  }
}
