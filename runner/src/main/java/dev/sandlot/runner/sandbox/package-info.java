/// The sandboxes of this machine: starts and ends them, and reconciles what runs with the states
/// that the control plane expects. Entry type: {@link dev.sandlot.runner.sandbox.HostedSandboxes}.
@NullMarked
package dev.sandlot.runner.sandbox;

import org.jspecify.annotations.NullMarked;
