/// Sandboxes: their lifecycle as one table, its single writer, the reconciler that carries it on,
/// and their routes. Entry type: {@link dev.sandlot.controlplane.sandbox.Sandboxes}.
@NullMarked
package dev.sandlot.controlplane.sandbox;

import org.jspecify.annotations.NullMarked;
