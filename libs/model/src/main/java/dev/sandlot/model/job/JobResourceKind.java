package dev.sandlot.model.job;

/// The kinds of things that jobs are about. The names are those of the wire (`resourceType`) and of
/// the database.
public enum JobResourceKind {
  SANDBOX,
  SNAPSHOT,
  BUILD,
  BACKUP,
  VOLUME,
  REGISTRY
}
