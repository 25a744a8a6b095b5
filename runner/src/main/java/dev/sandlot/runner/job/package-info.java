/// Takes jobs from the control plane and reports how they ended. Entry types: {@link
/// dev.sandlot.runner.job.JobLoop}, {@link dev.sandlot.runner.job.ResourceActions}, {@link
/// dev.sandlot.runner.job.ControlPlaneClient}.
@NullMarked
package dev.sandlot.runner.job;

import org.jspecify.annotations.NullMarked;
