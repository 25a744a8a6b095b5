/// The sandboxes of this machine: bringing them up and down, and keeping what runs in line with
/// what the control plane believes. Entry type: {@link dev.sandlot.runner.sandbox.HostedSandboxes}.
@NullMarked
package dev.sandlot.runner.sandbox;

import org.jspecify.annotations.NullMarked;
