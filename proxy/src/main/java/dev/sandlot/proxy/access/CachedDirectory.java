package dev.sandlot.proxy.access;

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
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Consumer;

/// Remembers a directory's answers for seconds, and no longer than until it reports a change. An
/// answer is kept for exactly the question it was given to, and for the count of changes that was
/// read before it was asked: one that was on its way when a change came is never used again. What
/// was thrown is not kept. Tokens are kept as their SHA-256. Thread-safe.
public final class CachedDirectory implements SandboxDirectory {
  /// Sandboxes that share a count of changes cost each other a question.
  private static final int COUNTS = 1024;

  private final SandboxDirectory directory;
  private final Cache<Question, Optional<Target>> targets;
  private final Cache<Question, KeyAccess> keys;
  private final Cache<Question, Boolean> previewTokens;
  private final Cache<Question, Optional<SignedTarget>> signedTokens;
  private final Cache<SandboxId, Boolean> activity;
  private final AtomicLong changes = new AtomicLong();
  private final AtomicLong changesOfAny = new AtomicLong();
  private final AtomicLongArray changesOfOne = new AtomicLongArray(COUNTS);

  public CachedDirectory(SandboxDirectory directory, ProxyLimits limits, Ticker ticker) {
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
    directory.onChange(this::forget);
  }

  /// Counts the changes there have been: while it is the same, so are the answers.
  public long changes() {
    return changes.get();
  }

  @Override
  public Optional<Target> find(SandboxId id) {
    return targets.get(question("", id, 0), _ -> directory.find(id));
  }

  @Override
  public KeyAccess keyAccess(String token, SandboxId id) {
    return keys.get(question(hashed(token), id, 0), _ -> directory.keyAccess(token, id));
  }

  @Override
  public boolean previewTokenMatches(String token, SandboxId id, int port) {
    return previewTokens.get(
        question(hashed(token), id, port), _ -> directory.previewTokenMatches(token, id, port));
  }

  @Override
  public Optional<SignedTarget> signedToken(String token) {
    // Which sandbox it is about is known only from the answer.
    Question question = new Question(hashed(token), Optional.empty(), 0, changes.get());
    return signedTokens.get(question, _ -> directory.signedToken(token));
  }

  @Override
  public Optional<SigningKey> signingKey(SandboxId id) {
    return directory.signingKey(id);
  }

  @Override
  public void onChange(Consumer<Optional<SandboxId>> listener) {
    directory.onChange(listener);
  }

  /// Tells the directory of the first of several uses that come close together.
  @Override
  public void recordActivity(SandboxId id) {
    if (activity.asMap().putIfAbsent(id, true) == null) {
      directory.recordActivity(id);
    }
  }

  private void forget(Optional<SandboxId> id) {
    if (id.isPresent()) {
      changesOfOne.incrementAndGet(count(id.get()));
    } else {
      changesOfAny.incrementAndGet();
    }
    changes.incrementAndGet();
  }

  private Question question(String token, SandboxId id, int port) {
    long age = changesOfAny.get() + changesOfOne.get(count(id));
    return new Question(token, Optional.of(id), port, age);
  }

  private static int count(SandboxId id) {
    return Math.floorMod(id.hashCode(), COUNTS);
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

  /// @param age the count of changes that matter to the answer; both of its parts only grow
  private record Question(String token, Optional<SandboxId> id, int port, long age) {}
}
