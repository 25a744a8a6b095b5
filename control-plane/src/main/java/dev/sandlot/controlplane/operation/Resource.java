package dev.sandlot.controlplane.operation;

import java.util.Optional;

/// What an operation's path names.
///
/// @param parameter of the path, without braces
public record Resource<R>(ResourceKind<R> kind, String parameter) {
  /// The thing that a call names, if it is the caller's.
  ///
  /// @throws dev.sandlot.model.OperationFailure NOT_FOUND when there is none, or it is another's
  R find(Caller caller, String name) {
    Optional<R> found =
        switch (caller) {
          case Caller.KeyHolder holder -> kind.ofOrganization(holder.organization(), name);
          case Caller.Runner runner -> kind.ofRunner(runner.runner(), name);
          case Caller.Proxy _ -> kind.ofAnybody(name);
          case Caller.HealthProbe _, Caller.Anonymous _ -> Optional.empty();
        };
    return found.orElseThrow(() -> kind.unknown(name));
  }
}
