package dev.sandlot.runner.dns;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/// How names are looked up for sandboxes.
///
/// @param upstreams whom to ask, in this order; empty for those of /etc/resolv.conf
/// @param answerMax how long an upstream may take
/// @param questionsPerSecond of one sandbox, lasting
/// @param burst questions of one sandbox at once
/// @param inFlightMax questions of all sandboxes under way
public record DnsConfig(
    List<InetSocketAddress> upstreams,
    Duration answerMax,
    int questionsPerSecond,
    int burst,
    int inFlightMax) {
  public DnsConfig {
    upstreams = List.copyOf(upstreams);
  }

  /// What fits an ordinary machine.
  public static DnsConfig standard(List<InetSocketAddress> upstreams) {
    return new DnsConfig(upstreams, Duration.ofSeconds(3), 200, 400, 1_000);
  }
}
