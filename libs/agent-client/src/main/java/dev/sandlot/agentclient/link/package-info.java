/// The channel to an agent and what guards it: an agent is not trusted, so the rate of its frames,
/// the memory that its answers take and the form of its failures are limited here. Entry type:
/// {@link dev.sandlot.agentclient.link.AgentLink}.
@NullMarked
package dev.sandlot.agentclient.link;

import org.jspecify.annotations.NullMarked;
