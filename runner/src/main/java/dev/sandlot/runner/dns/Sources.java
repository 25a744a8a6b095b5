package dev.sandlot.runner.dns;

import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Map;

/// Everyone who asked lately. Thread-safe.
final class Sources {
  /// Sources beyond this push out the one longest silent.
  private static final int SOURCES_MAX = 10_000;

  private final DnsLimits limits;
  private final Map<InetAddress, Source> sources =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, Source> eldest) {
          return size() > SOURCES_MAX;
        }
      };

  Sources(DnsLimits limits) {
    this.limits = limits;
  }

  synchronized Source of(InetAddress address) {
    return sources.computeIfAbsent(address, _ -> new Source(limits, System.nanoTime()));
  }
}
