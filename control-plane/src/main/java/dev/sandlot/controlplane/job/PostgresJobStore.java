package dev.sandlot.controlplane.job;

import dev.sandlot.controlplane.platform.Columns;
import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.http.Json;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.job.JobId;
import dev.sandlot.model.job.JobResource;
import dev.sandlot.model.job.JobResourceKind;
import dev.sandlot.model.job.JobStatus;
import dev.sandlot.model.job.JobType;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;

/// Jobs in PostgreSQL.
final class PostgresJobStore {
  private static final int SWEEP_MAX = 200;

  /// Of jobs that have not ended, and of those that have: the conditions of partial indexes.
  private static final String OPEN = statuses(status -> !status.isFinal());

  private static final String ENDED = statuses(JobStatus::isFinal);
  private static final String PENDING = Columns.literal(JobStatus.PENDING);
  private static final String IN_PROGRESS = Columns.literal(JobStatus.IN_PROGRESS);
  private static final String FAILED = Columns.literal(JobStatus.FAILED);

  /// That nothing of the same resource has to be done before the job `j`.
  private static final String FIRST_OF_ITS_RESOURCE =
      """
      NOT EXISTS (
        SELECT FROM jobs earlier
        WHERE earlier.resource_type = j.resource_type AND earlier.resource_id = j.resource_id
          AND earlier.number < j.number AND earlier.status IN %s)\
      """
          .formatted(OPEN);

  private final PostgresDatabase database;

  PostgresJobStore(PostgresDatabase database) {
    this.database = database;
  }

  private static String statuses(Predicate<JobStatus> which) {
    return Columns.literals(Arrays.stream(JobStatus.values()).filter(which));
  }

  void insert(Job job) {
    database.query(handle ->
        handle
            .createUpdate(
                """
                INSERT INTO jobs (id, type, status, runner_id, resource_type, resource_id,
                  payload, trace_context, created_at, updated_at)
                VALUES (:id, :type, :status, :runner, :kind, :resource,
                  :payload, CAST(:trace AS jsonb), :now, :now)\
                """)
            .bind("id", job.id().value())
            .bind("type", job.type().name())
            .bind("status", job.status().name())
            .bind("runner", job.runner().value())
            .bind("kind", job.resource().kind().name())
            .bind("resource", job.resource().id())
            .bind("payload", job.payload().orElse(null))
            .bind("trace", Json.text(job.traceContext()))
            .bind("now", Columns.time(job.createdAt()))
            .execute());
  }

  void hold(JobResource resource) {
    database.query(handle ->
        handle
            .createQuery(
                """
                SELECT id FROM jobs
                WHERE resource_type = :kind AND resource_id = :resource AND status IN %s
                ORDER BY number FOR UPDATE\
                """
                    .formatted(OPEN))
            .bind("kind", resource.kind().name())
            .bind("resource", resource.id())
            .mapTo(UUID.class)
            .list());
  }

  void supersede(JobResource resource, Instant now) {
    database.query(handle ->
        handle
            .createUpdate(
                """
                UPDATE jobs SET status = %s, updated_at = :now,
                  error_message = 'a newer order replaced this one'
                WHERE resource_type = :kind AND resource_id = :resource AND status IN %s\
                """
                    .formatted(FAILED, OPEN))
            .bind("kind", resource.kind().name())
            .bind("resource", resource.id())
            .bind("now", Columns.time(now))
            .execute());
  }

  /// Taking a job may be forgotten in a crash: then it is handed out again, which jobs tolerate.
  List<Job> take(RunnerId runner, int limit, Instant now, Instant lostSince) {
    return database.runRelaxed(() ->
        database.query(handle ->
            handle
                .createQuery(
                    """
                    WITH taken AS (
                      SELECT id FROM jobs j
                      WHERE runner_id = :runner
                        AND (status = %s OR (status = %s AND claimed_at < :lost))
                        AND %s
                      ORDER BY number LIMIT :limit
                      FOR UPDATE SKIP LOCKED)
                    UPDATE jobs SET status = %s, claimed_at = :now,
                      updated_at = CASE status WHEN %s THEN :now ELSE updated_at END
                    FROM taken WHERE jobs.id = taken.id
                    RETURNING jobs.*\
                    """
                        .formatted(
                            PENDING, IN_PROGRESS, FIRST_OF_ITS_RESOURCE, IN_PROGRESS, PENDING))
                .bind("runner", runner.value())
                .bind("limit", limit)
                .bind("now", Columns.time(now))
                .bind("lost", Columns.time(lostSince))
                .map((row, _) -> job(row))
                .list()));
  }

  Optional<Job> find(JobId id) {
    return database.single(handle ->
        handle
            .createQuery("SELECT * FROM jobs WHERE id = :id")
            .bind("id", id.value())
            .map((row, _) -> job(row))
            .findOne());
  }

  List<Job> list(RunnerId runner, Optional<JobStatus> status, int offset, int limit) {
    return database.single(handle ->
        handle
            .createQuery(
                """
                SELECT * FROM jobs
                WHERE runner_id = :runner AND (:status IS NULL OR status = :status)
                ORDER BY number DESC OFFSET :offset LIMIT :limit\
                """)
            .bind("runner", runner.value())
            .bind("status", status.map(Enum::name).orElse(null))
            .bind("offset", offset)
            .bind("limit", limit)
            .map((row, _) -> job(row))
            .list());
  }

  int count(RunnerId runner, Optional<JobStatus> status) {
    return database.single(handle ->
        handle
            .createQuery(
                """
                SELECT count(*) FROM jobs
                WHERE runner_id = :runner AND (:status IS NULL OR status = :status)\
                """)
            .bind("runner", runner.value())
            .bind("status", status.map(Enum::name).orElse(null))
            .mapTo(Integer.class)
            .one());
  }

  /// Empty when the job has ended meanwhile.
  Optional<Job> advance(
      JobId id,
      JobStatus status,
      Optional<String> errorMessage,
      Optional<String> resultMetadata,
      Instant now) {
    return database.query(handle ->
        handle
            .createQuery(
                """
                UPDATE jobs SET status = :status, error_message = :message,
                  result_metadata = :result, updated_at = :now
                WHERE id = :id AND status IN %s
                RETURNING *\
                """
                    .formatted(OPEN))
            .bind("id", id.value())
            .bind("status", status.name())
            .bind("message", errorMessage.orElse(null))
            .bind("result", resultMetadata.orElse(null))
            .bind("now", Columns.time(now))
            .map((row, _) -> job(row))
            .findOne());
  }

  /// Notes for those that wait for others of their resource that they waited until now.
  void waited(JobResource resource, Instant now) {
    database.query(handle ->
        handle
            .createUpdate(
                """
                UPDATE jobs SET updated_at = :now
                WHERE resource_type = :kind AND resource_id = :resource AND status = %s\
                """
                    .formatted(PENDING))
            .bind("kind", resource.kind().name())
            .bind("resource", resource.id())
            .bind("now", Columns.time(now))
            .execute());
  }

  /// Those that could have been done since then, or that a runner has had since then.
  List<JobId> unfinishedSince(JobType type, Instant before) {
    return database.single(handle ->
        handle
            .createQuery(
                """
                SELECT id FROM jobs j
                WHERE status IN %s AND type = :type AND updated_at < :before AND %s
                ORDER BY number LIMIT :limit\
                """
                    .formatted(OPEN, FIRST_OF_ITS_RESOURCE))
            .bind("type", type.name())
            .bind("before", Columns.time(before))
            .bind("limit", SWEEP_MAX)
            .mapTo(UUID.class)
            .map(JobId::new)
            .list());
  }

  boolean anyUnfinished(JobResource resource, JobType type) {
    return database.single(handle ->
        handle
            .createQuery(
                """
                SELECT EXISTS (
                  SELECT FROM jobs
                  WHERE resource_type = :kind AND resource_id = :resource AND type = :type
                    AND status IN %s)\
                """
                    .formatted(OPEN))
            .bind("kind", resource.kind().name())
            .bind("resource", resource.id())
            .bind("type", type.name())
            .mapTo(Boolean.class)
            .one());
  }

  Optional<String> failureSince(JobResource resource, JobType type, Instant since) {
    return database.single(handle ->
        handle
            .createQuery(
                """
                SELECT coalesce(nullif(error_message, ''), 'the runner gave no reason') FROM jobs
                WHERE resource_type = :kind AND resource_id = :resource AND type = :type
                  AND created_at >= :since AND status = %s
                ORDER BY number DESC LIMIT 1\
                """
                    .formatted(FAILED))
            .bind("kind", resource.kind().name())
            .bind("resource", resource.id())
            .bind("type", type.name())
            .bind("since", Columns.time(since))
            .mapTo(String.class)
            .findOne());
  }

  int purge(Instant endedBefore) {
    return database.single(handle ->
        handle
            .createUpdate(
                """
                DELETE FROM jobs WHERE status IN %s AND updated_at < :before\
                """
                    .formatted(ENDED))
            .bind("before", Columns.time(endedBefore))
            .execute());
  }

  private static Job job(ResultSet row) throws SQLException {
    Map<String, String> trace = new HashMap<>();
    Json.read(row.getString("trace_context"), Map.class)
        .forEach((key, value) -> trace.put(String.valueOf(key), String.valueOf(value)));
    return new Job(
        new JobId(Columns.uuid(row, "id")),
        JobType.valueOf(row.getString("type")),
        JobStatus.valueOf(row.getString("status")),
        new RunnerId(Columns.uuid(row, "runner_id")),
        new JobResource(
            JobResourceKind.valueOf(row.getString("resource_type")),
            Columns.uuid(row, "resource_id")),
        Columns.textIfAny(row, "payload"),
        trace,
        Columns.textIfAny(row, "error_message"),
        Columns.textIfAny(row, "result_metadata"),
        Columns.instant(row, "created_at"),
        Columns.instant(row, "updated_at"));
  }
}
