package dev.sandlot.runner.dns;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import org.xbill.DNS.Name;

/// What one asker has taken of its share. Thread-safe.
final class Source {
  private final TokenBucket questions;
  private final TokenBucket newNames;
  private final Semaphore inFlight;
  private final Semaphore connections;
  private final Set<Name> listed;

  Source(DnsLimits limits, long nowNanos) {
    questions = new TokenBucket(limits.questionsPerSecond(), limits.burst(), nowNanos);
    newNames = new TokenBucket(limits.listedNamesPerSecond(), limits.listedNamesBurst(), nowNanos);
    inFlight = new Semaphore(limits.inFlightOfOneMax());
    connections = new Semaphore(limits.connectionsOfOneMax());
    listed = Collections.synchronizedSet(Collections.newSetFromMap(latest(limits)));
  }

  private static Map<Name, Boolean> latest(DnsLimits limits) {
    return new LinkedHashMap<>(16, 0.75f, true) {
      private static final long serialVersionUID = 1;

      @Override
      protected boolean removeEldestEntry(Map.Entry<Name, Boolean> eldest) {
        return size() > limits.namesRemembered();
      }
    };
  }

  /// Counts a question in; one that is let in must be ended.
  boolean begin(long nowNanos) {
    return questions.take(nowNanos) && inFlight.tryAcquire();
  }

  void end() {
    inFlight.release();
  }

  /// Counts a connection in; one that is let in must be closed.
  boolean open() {
    return connections.tryAcquire();
  }

  void closed() {
    connections.release();
  }

  /// Whether the name may be asked for under an allow list: it was answered before, or is one of
  /// the few new ones.
  boolean mayAskFor(Name name, long nowNanos) {
    return listed.contains(name) || newNames.take(nowNanos);
  }

  /// Remembers that the allow list holds an address of this name.
  void listed(Name name) {
    listed.add(name);
  }
}
