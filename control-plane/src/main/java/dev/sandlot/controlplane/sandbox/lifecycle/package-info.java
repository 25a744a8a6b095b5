/// The life of a sandbox as one table of states and events. Entry type: {@link
/// dev.sandlot.controlplane.sandbox.lifecycle.SandboxLifecycle}. Decides and does nothing.
@NullMarked
package dev.sandlot.controlplane.sandbox.lifecycle;

import org.jspecify.annotations.NullMarked;
