/// Snapshots: what a sandbox starts from. Entry type: {@link
/// dev.sandlot.controlplane.snapshot.Snapshots}.
@NullMarked
package dev.sandlot.controlplane.snapshot;

import org.jspecify.annotations.NullMarked;
