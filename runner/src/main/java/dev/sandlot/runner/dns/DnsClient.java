package dev.sandlot.runner.dns;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import org.xbill.DNS.Name;

/// The rate limits and pending queries of one client. Thread-safe.
final class DnsClient {
  private final TokenBucket questions;
  private final TokenBucket newNames;
  private final Semaphore inFlight;
  private final Semaphore connections;
  private final Set<Name> allowListed;

  DnsClient(DnsLimits limits, long nowNanos) {
    questions = new TokenBucket(limits.questionsPerSecond(), limits.burst(), nowNanos);
    newNames = new TokenBucket(limits.listedNamesPerSecond(), limits.listedNamesBurst(), nowNanos);
    inFlight = new Semaphore(limits.inFlightOfOneMax());
    connections = new Semaphore(limits.connectionsOfOneMax());
    allowListed = Collections.synchronizedSet(Collections.newSetFromMap(latest(limits)));
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

  /// Admits a query within the limits; an admitted one must be ended.
  boolean tryBegin(long nowNanos) {
    return questions.take(nowNanos) && inFlight.tryAcquire();
  }

  void end() {
    inFlight.release();
  }

  /// Admits a connection within the limit; an admitted one must be closed.
  boolean tryOpen() {
    return connections.tryAcquire();
  }

  void closed() {
    connections.release();
  }

  /// Whether the name may be looked up under an allow list: it was answered before, or the limit of
  /// new names allows it.
  boolean mayLookUp(Name name, long nowNanos) {
    return allowListed.contains(name) || newNames.take(nowNanos);
  }

  /// Remembers that an address of this name is in the allow list.
  void allowListed(Name name) {
    allowListed.add(name);
  }
}
