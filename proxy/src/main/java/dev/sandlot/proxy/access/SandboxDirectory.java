package dev.sandlot.proxy.access;

import dev.sandlot.model.RunnerId;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SigningKey;
import java.net.URI;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/// What the proxy asks about sandboxes and who may reach them. Every answer is about now; the proxy
/// remembers answers for seconds, and forgets them when it is notified of a change. Thread-safe;
/// may block.
///
/// Whatever is thrown refuses the request: no failure lets anybody in.
public interface SandboxDirectory {
  /// A sandbox that has not been deleted.
  Optional<Target> find(SandboxId id);

  /// Whether the bearer of a platform key may reach a sandbox.
  ///
  /// @param token what follows `Bearer ` in the request, as sent
  KeyAccess keyAccess(String token, SandboxId id);

  /// Whether this is the sandbox's present preview token of this port.
  boolean previewTokenMatches(String token, SandboxId id, int port);

  /// What a signed token opens; empty when it is unknown, revoked or over.
  Optional<SignedTarget> signedToken(String token);

  /// What URLs of the sandbox's files are signed with; empty when there is no such sandbox, or
  /// nobody has asked for its key. Alone among the answers it is not remembered by the proxy: a key
  /// that was rotated opens nothing from that moment on. So whoever answers does so quickly.
  Optional<SigningKey> signingKey(SandboxId id);

  /// Calls this at once when an answer about a sandbox may be another one now: it was made private,
  /// started, deleted, or a key or token of it was revoked. With nothing when that holds for any
  /// sandbox. The listener is quick; what is asked after it was called is about the time after the
  /// change.
  void onChange(Consumer<Optional<SandboxId>> listener);

  /// Notes that somebody uses the sandbox, which puts its auto-stop off.
  void recordActivity(SandboxId id);

  /// A sandbox, as far as the proxy is concerned.
  ///
  /// @param isPublic anybody may reach its ordinary ports
  /// @param runner where it is
  record Target(boolean isPublic, Runner runner) {}

  /// A runner, as far as the proxy is concerned.
  ///
  /// @param address scheme, host and port of its gateway; empty for the one in this process, and
  ///   for one that has not said where it is
  record Runner(RunnerId id, Optional<URI> address) {}

  /// The one port that a signed token opens.
  ///
  /// @param port 1 to 65535
  /// @param end when it opens it no more
  record SignedTarget(SandboxId id, int port, Instant end) {}

  /// What a key is good for.
  enum KeyAccess {
    /// It opens the sandbox.
    GRANTED,
    /// It is a good key, but its organisation has no such sandbox.
    OTHER,
    /// It is no key of ours, or one that is revoked or over.
    UNKNOWN
  }
}
