/// The control plane: the REST API, the lifecycle of sandboxes, placement, keys; its truth is in
/// PostgreSQL. Entry type: {@link dev.sandlot.controlplane.ControlPlane}, which puts the
/// capabilities together; each has a package of its own.
@NullMarked
package dev.sandlot.controlplane;

import org.jspecify.annotations.NullMarked;
