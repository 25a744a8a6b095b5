package dev.sandlot.runner.dns;

import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Map;

/// The clients that sent queries lately, by address. Thread-safe.
final class DnsClients {
  /// Beyond this the least recently used is evicted.
  private static final int SOURCES_MAX = 10_000;

  private final DnsLimits limits;
  private final Map<InetAddress, DnsClient> clients =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, DnsClient> eldest) {
          return size() > SOURCES_MAX;
        }
      };

  DnsClients(DnsLimits limits) {
    this.limits = limits;
  }

  synchronized DnsClient of(InetAddress address) {
    return clients.computeIfAbsent(address, _ -> new DnsClient(limits, System.nanoTime()));
  }
}
