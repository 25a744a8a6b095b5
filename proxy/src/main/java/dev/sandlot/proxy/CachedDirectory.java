package dev.sandlot.proxy;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SigningKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/// Remembers a directory's answers for seconds. An answer is kept for exactly the question it was
/// given to; what was thrown is not kept. Tokens are kept as their SHA-256. Thread-safe.
final class CachedDirectory implements SandboxDirectory {
  private final SandboxDirectory directory;
  private final Cache<SandboxId, Optional<Target>> targets;
  private final Cache<Question, KeyAccess> keys;
  private final Cache<Question, Boolean> previewTokens;
  private final Cache<String, Optional<SignedTarget>> signedTokens;
  private final Cache<SandboxId, Boolean> activity;

  CachedDirectory(SandboxDirectory directory, ProxyLimits limits, Ticker ticker) {
    this.directory = directory;
    targets = answers(limits, ticker).build();
    keys = answers(limits, ticker).build();
    previewTokens = answers(limits, ticker).build();
    signedTokens = answers(limits, ticker).build();
    activity =
        Caffeine.newBuilder()
            .ticker(ticker)
            .expireAfterWrite(limits.activityOnceIn())
            .maximumSize(limits.rememberedMax())
            .build();
  }

  @Override
  public Optional<Target> find(SandboxId id) {
    return targets.get(id, directory::find);
  }

  @Override
  public KeyAccess keyAccess(String token, SandboxId id) {
    return keys.get(new Question(hashed(token), id), _ -> directory.keyAccess(token, id));
  }

  @Override
  public boolean previewTokenMatches(String token, SandboxId id) {
    return previewTokens.get(
        new Question(hashed(token), id), _ -> directory.previewTokenMatches(token, id));
  }

  @Override
  public Optional<SignedTarget> signedToken(String token) {
    return signedTokens.get(hashed(token), _ -> directory.signedToken(token));
  }

  @Override
  public Optional<SigningKey> signingKey(SandboxId id) {
    return directory.signingKey(id);
  }

  /// Tells the directory of the first of several uses that come close together.
  @Override
  public void recordActivity(SandboxId id) {
    if (activity.asMap().putIfAbsent(id, true) == null) {
      directory.recordActivity(id);
    }
  }

  /// Forgets what is known of a sandbox: it was made public or private, started, or deleted.
  void forget(SandboxId id) {
    targets.invalidate(id);
    keys.asMap().keySet().removeIf(question -> question.id().equals(id));
    previewTokens.asMap().keySet().removeIf(question -> question.id().equals(id));
    signedTokens
        .asMap()
        .values()
        .removeIf(target -> target.isPresent() && target.get().id().equals(id));
  }

  /// Forgets who may what: a key or a signed token was revoked.
  void forgetAccess() {
    keys.invalidateAll();
    previewTokens.invalidateAll();
    signedTokens.invalidateAll();
  }

  private static Caffeine<Object, Object> answers(ProxyLimits limits, Ticker ticker) {
    return Caffeine.newBuilder()
        .ticker(ticker)
        .expireAfterWrite(limits.accessRemembered())
        .maximumSize(limits.rememberedMax());
  }

  private static String hashed(String token) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private record Question(String token, SandboxId id) {}
}
