/// Speaks to the agent inside a sandbox (api/agent.proto) in blocking calls, for virtual threads.
/// Entry type: {@link dev.sandlot.agentclient.AgentConnector}. The agent is not trusted: whatever
/// it answers is checked here for size, number and form before anybody else sees it. gRPC's types
/// stay behind this package.
@NullMarked
package dev.sandlot.agentclient;

import org.jspecify.annotations.NullMarked;
