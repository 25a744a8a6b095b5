/// The runners: their reports, whether they are alive, and which of them takes a new sandbox. Entry
/// type: {@link dev.sandlot.controlplane.runnerpool.RunnerPool}.
@NullMarked
package dev.sandlot.controlplane.runnerpool;

import org.jspecify.annotations.NullMarked;
