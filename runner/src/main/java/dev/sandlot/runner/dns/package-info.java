/// Answers the sandboxes' look-ups of names, which is all of this machine that they reach. Entry
/// type: {@link dev.sandlot.runner.dns.DnsForwarder}.
@NullMarked
package dev.sandlot.runner.dns;

import org.jspecify.annotations.NullMarked;
