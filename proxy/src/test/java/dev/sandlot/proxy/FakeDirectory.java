package dev.sandlot.proxy;

import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SigningKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// A directory in memory.
final class FakeDirectory implements SandboxDirectory {
  final Map<SandboxId, Boolean> sandboxes = new ConcurrentHashMap<>();
  final Map<String, List<SandboxId>> keys = new ConcurrentHashMap<>();
  final Map<SandboxId, String> previewTokens = new ConcurrentHashMap<>();
  final Map<String, SignedTarget> signed = new ConcurrentHashMap<>();
  final Map<SandboxId, SigningKey> signingKeys = new ConcurrentHashMap<>();
  final List<SandboxId> activity = Collections.synchronizedList(new ArrayList<>());
  final AtomicInteger keyQuestions = new AtomicInteger();
  volatile boolean failing;

  @Override
  public Optional<Target> find(SandboxId id) {
    return Optional.ofNullable(sandboxes.get(id)).map(Target::new);
  }

  @Override
  public KeyAccess keyAccess(String token, SandboxId id) {
    keyQuestions.incrementAndGet();
    if (failing) {
      throw new IllegalStateException("the database is away");
    }
    List<SandboxId> opened = keys.get(token);
    if (opened == null) {
      return KeyAccess.UNKNOWN;
    }
    return opened.contains(id) ? KeyAccess.GRANTED : KeyAccess.OTHER;
  }

  @Override
  public boolean previewTokenMatches(String token, SandboxId id) {
    return token.equals(previewTokens.get(id));
  }

  @Override
  public Optional<SignedTarget> signedToken(String token) {
    return Optional.ofNullable(signed.get(token));
  }

  @Override
  public Optional<SigningKey> signingKey(SandboxId id) {
    return Optional.ofNullable(signingKeys.get(id));
  }

  @Override
  public void recordActivity(SandboxId id) {
    activity.add(id);
  }
}
