package dev.sandlot.launcher;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.sandlot.model.Ipv4Range;
import dev.sandlot.model.NetworkPolicy;
import java.util.List;

/// A network policy as the launcher writes it (api/launcher.md#types): the one place where the two
/// are turned into each other.
///
/// @param cidrs ranges in CIDR form; only of the mode "allow"
record NetworkMode(String mode, @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> cidrs) {
  private static final String INTERNET = "default";
  private static final String BLOCK = "block";
  private static final String ALLOW = "allow";

  NetworkMode {
    cidrs = cidrs == null ? List.of() : List.copyOf(cidrs);
  }

  static NetworkMode of(NetworkPolicy policy) {
    return switch (policy) {
      case NetworkPolicy.Internet() -> new NetworkMode(INTERNET, List.of());
      case NetworkPolicy.BlockAll() -> new NetworkMode(BLOCK, List.of());
      case NetworkPolicy.AllowList(var ranges) ->
          new NetworkMode(ALLOW, ranges.stream().map(Ipv4Range::toString).toList());
    };
  }

  /// An unknown mode blocks everything.
  NetworkPolicy policy() {
    return switch (mode) {
      case INTERNET -> new NetworkPolicy.Internet();
      case ALLOW -> new NetworkPolicy.AllowList(cidrs.stream().map(Ipv4Range::of).toList());
      default -> new NetworkPolicy.BlockAll();
    };
  }
}
