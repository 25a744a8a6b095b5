package dev.sandlot.model.job;

/// What a job carries besides its resource. Which type carries which: {@link JobType}.
public sealed interface JobPayload permits SandboxJob, StopJob, NetworkJob, NoPayload {}
