package dev.sandlot.proxy;

import dev.sandlot.model.RunnerId;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SigningKey;
import dev.sandlot.proxy.access.SandboxDirectory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/// A directory in memory.
final class FakeDirectory implements SandboxDirectory {
  final Map<SandboxId, Boolean> sandboxes = new ConcurrentHashMap<>();
  final Map<String, List<SandboxId>> keys = new ConcurrentHashMap<>();

  /// By sandbox and port, `<id>:<port>`.
  final Map<String, String> previewTokens = new ConcurrentHashMap<>();

  final Map<String, SignedTarget> signed = new ConcurrentHashMap<>();
  final Map<SandboxId, SigningKey> signingKeys = new ConcurrentHashMap<>();
  final List<SandboxId> activity = Collections.synchronizedList(new ArrayList<>());
  private final List<Consumer<Optional<SandboxId>>> listeners = new CopyOnWriteArrayList<>();
  final AtomicInteger keyQuestions = new AtomicInteger();
  volatile boolean failing;

  /// Where all sandboxes are.
  volatile Runner runner = new Runner(RunnerId.random(), Optional.empty());

  /// Happens once, after the next sandbox was found.
  volatile Runnable afterFind = () -> {};

  @Override
  public Optional<Target> find(SandboxId id) {
    Optional<Target> answer =
        Optional.ofNullable(sandboxes.get(id)).map(open -> new Target(open, runner));
    Runnable once = afterFind;
    afterFind = () -> {};
    once.run();
    return answer;
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
  public boolean previewTokenMatches(String token, SandboxId id, int port) {
    return token.equals(previewTokens.get(id + ":" + port));
  }

  @Override
  public void onChange(Consumer<Optional<SandboxId>> listener) {
    listeners.add(listener);
  }

  /// Tells that something about a sandbox is different now.
  void changed(SandboxId id) {
    listeners.forEach(listener -> listener.accept(Optional.of(id)));
  }

  /// Tells that anything may be.
  void changed() {
    listeners.forEach(listener -> listener.accept(Optional.empty()));
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
