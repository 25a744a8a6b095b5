package dev.sandlot.runner.dns;

import dev.sandlot.model.Ipv4Range;
import java.net.InetSocketAddress;
import java.util.List;

/// The configuration of the sandboxes' DNS server.
///
/// @param upstreams resolvers to ask, in this order; empty for those of /etc/resolv.conf
/// @param blocked ranges that the operator closed, besides {@link Ipv4Range#CLOSED}: no answer
///   names an address in them
public record DnsConfig(List<InetSocketAddress> upstreams, List<Ipv4Range> blocked) {
  public DnsConfig {
    upstreams = List.copyOf(upstreams);
    blocked = List.copyOf(blocked);
  }
}
