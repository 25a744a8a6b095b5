/// What a client may know of this deployment without a key: its configuration and health.
@NullMarked
package dev.sandlot.controlplane.health;

import org.jspecify.annotations.NullMarked;
