/// Processes inside a sandbox: those that end with their call, and those that live on between
/// calls. Entry types: {@link dev.sandlot.agentclient.process.AgentRuns} and {@link
/// dev.sandlot.agentclient.process.AgentProcesses}.
@NullMarked
package dev.sandlot.agentclient.process;

import org.jspecify.annotations.NullMarked;
