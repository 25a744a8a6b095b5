package dev.sandlot.controlplane.preview;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sandlot.controlplane.access.Callers;
import dev.sandlot.controlplane.operation.Caller;
import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.controlplane.platform.Signals;
import dev.sandlot.controlplane.sandbox.Sandboxes;
import dev.sandlot.controlplane.sandbox.store.Sandbox;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxState;
import dev.sandlot.model.SigningKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Answers the proxy's questions about who may look into which sandbox. What it knows of a sandbox
/// is kept for seconds and forgotten at once when the sandbox changes. Thread-safe.
public final class Previews {
  /// Raised with a sandbox's id when a signed token of its ports is ended.
  private static final String TOPIC = "signed-preview:";

  /// A change is signalled; this bounds what a lost one costs.
  private static final Duration KEPT = Duration.ofSeconds(5);

  private static final int KEPT_MAX = 20_000;
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final String TOKEN_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";
  private static final int TOKEN_LENGTH = 16;

  private final Sandboxes sandboxes;
  private final Callers callers;
  private final PostgresDatabase database;
  private final Signals signals;
  private final PostgresSignedTokenStore tokens;
  private final SigningKeys signingKeys;
  private final InstantSource clock;
  private final Cache<SandboxId, Optional<Sandbox>> kept =
      Caffeine.newBuilder().expireAfterWrite(KEPT).maximumSize(KEPT_MAX).build();

  public Previews(
      Sandboxes sandboxes,
      Callers callers,
      PostgresDatabase database,
      Signals signals,
      InstantSource clock) {
    this.sandboxes = sandboxes;
    this.callers = callers;
    this.database = database;
    this.signals = signals;
    this.tokens = new PostgresSignedTokenStore(database);
    this.signingKeys = new SigningKeys(database, signals, clock);
    this.clock = clock;
    sandboxes.onChange(id -> id.ifPresentOrElse(kept::invalidate, kept::invalidateAll));
  }

  /// A sandbox as the proxy sees it.
  ///
  /// @param open whether its ordinary ports need no token
  /// @param running whether it runs now
  public record Target(
      SandboxId id, OrganizationId organization, RunnerId runner, boolean open, boolean running) {}

  private Optional<Sandbox> sandbox(SandboxId id) {
    return kept.get(id, sandboxes::find);
  }

  /// Empty when there is no such sandbox.
  public Optional<Target> find(SandboxId id) {
    return sandbox(id)
        .map(sandbox ->
            new Target(
                id,
                sandbox.organization(),
                sandbox.runner(),
                sandbox.settings().open(),
                sandbox.state() == SandboxState.STARTED));
  }

  /// Whether the bearer of a key is in the organisation that owns the sandbox.
  public boolean mayAccess(String bearer, SandboxId id) {
    return callers.ofToken(bearer) instanceof Caller.KeyHolder holder
        && sandbox(id)
            .filter(sandbox -> sandbox.organization().equals(holder.organization()))
            .isPresent();
  }

  /// Calls this when a sandbox or what opens it has changed, with the sandbox's id, or with nothing
  /// when it may concern any. What this then answers is about the time after the change. It must be
  /// quick.
  public void onChange(Consumer<Optional<SandboxId>> listener) {
    sandboxes.onChange(listener);
    callers.onChange(() -> listener.accept(Optional.empty()));
    signals.subscribe(topic -> {
      for (String prefix : List.of(TOPIC, SigningKeys.TOPIC)) {
        if (topic.startsWith(prefix)) {
          SandboxId.parse(topic.substring(prefix.length()))
              .ifPresent(id -> listener.accept(Optional.of(id)));
        }
      }
    });
  }

  /// The present preview token of a sandbox's port; another one after each start.
  static String token(Sandbox sandbox, int port) {
    return PreviewToken.of(sandbox.status().previewSecret(), port);
  }

  /// Whether this is the sandbox's present preview token of this port.
  public boolean tokenValid(SandboxId id, int port, String token) {
    return sandbox(id)
        .filter(sandbox -> PreviewToken.opens(sandbox.status().previewSecret(), port, token))
        .isPresent();
  }

  /// What a signed token opens; empty for a token that is unknown or expired.
  public Optional<Signed> signed(String token) {
    if (token.length() != TOKEN_LENGTH
        || token.chars().anyMatch(c -> TOKEN_ALPHABET.indexOf(c) < 0)) {
      return Optional.empty();
    }
    return tokens
        .find(token, clock.instant())
        .filter(signed -> sandbox(signed.sandbox()).isPresent());
  }

  /// The one port that a signed token opens.
  ///
  /// @param end when it opens it no more
  public record Signed(SandboxId sandbox, int port, Instant end) {}

  /// What URLs of the sandbox's files are signed with. Empty when there is no such sandbox, or
  /// nobody has asked for its key. A key that was replaced is not known any more as soon as the
  /// call that replaced it has returned.
  public Optional<SigningKey> signingKey(SandboxId id) {
    return sandbox(id).isPresent() ? signingKeys.find(id) : Optional.empty();
  }

  /// The organisation of a key's holder; empty when the key is none of ours.
  public Optional<OrganizationId> organization(String bearer) {
    return callers.ofToken(bearer) instanceof Caller.KeyHolder holder
        ? Optional.of(holder.organization())
        : Optional.empty();
  }

  /// Notes that someone uses the sandbox.
  public void recordActivity(SandboxId id) {
    sandboxes.recordActivity(id);
  }

  /// Makes a token for one port.
  String sign(SandboxId id, int port, Duration life) {
    StringBuilder token = new StringBuilder(TOKEN_LENGTH);
    for (int index = 0; index < TOKEN_LENGTH; index++) {
      token.append(TOKEN_ALPHABET.charAt(RANDOM.nextInt(TOKEN_ALPHABET.length())));
    }
    tokens.insert(token.toString(), id, port, clock.instant(), life);
    return token.toString();
  }

  /// Ends a token: when this returns it opens nothing any more.
  void expire(SandboxId id, int port, String token) {
    database.run(() -> {
      tokens.delete(id, port, token);
      database.raise(TOPIC + id);
      return token;
    });
  }

  SigningKey ensureSigningKey(SandboxId id) {
    return signingKeys.ensure(id);
  }

  SigningKey rotateSigningKey(SandboxId id) {
    return signingKeys.rotate(id);
  }
}
