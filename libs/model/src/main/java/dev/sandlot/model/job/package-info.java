/// What the control plane orders of runners: the types of jobs, the resources that they are about,
/// and what they carry. Entry type: {@link dev.sandlot.model.job.JobType}.
@NullMarked
package dev.sandlot.model.job;

import org.jspecify.annotations.NullMarked;
