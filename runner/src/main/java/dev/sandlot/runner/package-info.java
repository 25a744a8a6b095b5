/// Runs the sandboxes of one machine: takes jobs from the control plane, serves the toolbox,
/// answers DNS queries. Entry type: {@link dev.sandlot.runner.Runner}.
@NullMarked
package dev.sandlot.runner;

import org.jspecify.annotations.NullMarked;
