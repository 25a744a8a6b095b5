/// Work for runners: a queue they poll, and the results they report. Entry type: {@link
/// dev.sandlot.controlplane.job.Jobs}. Who ordered a job learns its result as {@link
/// dev.sandlot.controlplane.job.JobOutcomes}.
@NullMarked
package dev.sandlot.controlplane.job;

import org.jspecify.annotations.NullMarked;
