/// Sandboxes as they are kept: their rows, what their owners may set, and how lists are asked for.
/// Entry types: {@link dev.sandlot.controlplane.sandbox.store.Sandbox}, {@link
/// dev.sandlot.controlplane.sandbox.store.SandboxStore}.
@NullMarked
package dev.sandlot.controlplane.sandbox.store;

import org.jspecify.annotations.NullMarked;
