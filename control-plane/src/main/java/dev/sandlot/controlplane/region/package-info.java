/// Regions: where sandboxes may run. Entry type: {@link dev.sandlot.controlplane.region.Regions}.
@NullMarked
package dev.sandlot.controlplane.region;

import org.jspecify.annotations.NullMarked;
