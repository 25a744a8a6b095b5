/// The sandboxes' DNS server, the only service of this machine that they can reach. Entry type:
/// {@link dev.sandlot.runner.dns.DnsForwarder}.
@NullMarked
package dev.sandlot.runner.dns;

import org.jspecify.annotations.NullMarked;
