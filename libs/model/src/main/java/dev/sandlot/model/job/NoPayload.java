package dev.sandlot.model.job;

/// The payload of jobs whose resource says it all.
public record NoPayload() implements JobPayload {}
