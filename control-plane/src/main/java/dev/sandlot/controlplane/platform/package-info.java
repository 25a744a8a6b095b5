/// What every capability stands on: the database and its transactions, wake-up signals, reading of
/// request bodies. Entry types: {@link dev.sandlot.controlplane.platform.PostgresDatabase}, {@link
/// dev.sandlot.controlplane.platform.Signals}. Calls no other package of the control plane.
@NullMarked
package dev.sandlot.controlplane.platform;

import org.jspecify.annotations.NullMarked;
