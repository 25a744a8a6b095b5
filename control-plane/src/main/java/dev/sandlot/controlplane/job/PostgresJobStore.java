package dev.sandlot.controlplane.job;

import dev.sandlot.controlplane.platform.Columns;
import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.http.Json;
import dev.sandlot.model.JobId;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.SandboxId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/// Jobs in PostgreSQL.
final class PostgresJobStore {
  private static final int SWEEP_MAX = 200;

  private final PostgresDatabase database;

  PostgresJobStore(PostgresDatabase database) {
    this.database = database;
  }

  void insert(Job job) {
    database.query(handle ->
        handle
            .createUpdate(
                """
                INSERT INTO jobs (id, type, status, runner_id, resource_type, resource_id,
                  payload, trace_context, created_at, updated_at)
                VALUES (:id, :type, :status, :runner, 'SANDBOX', :resource,
                  :payload, CAST(:trace AS jsonb), :now, :now)\
                """)
            .bind("id", job.id().value())
            .bind("type", job.type().name())
            .bind("status", job.status().name())
            .bind("runner", job.runner().value())
            .bind("resource", job.sandbox().value())
            .bind("payload", job.payload().orElse(null))
            .bind("trace", Json.text(job.traceContext()))
            .bind("now", Columns.time(job.createdAt()))
            .execute());
  }

  void hold(SandboxId sandbox) {
    database.query(handle ->
        handle
            .createQuery(
                """
                SELECT id FROM jobs
                WHERE resource_id = :resource AND status IN ('PENDING', 'IN_PROGRESS')
                ORDER BY number FOR UPDATE\
                """)
            .bind("resource", sandbox.value())
            .mapTo(UUID.class)
            .list());
  }

  void supersede(SandboxId sandbox, Instant now) {
    database.query(handle ->
        handle
            .createUpdate(
                """
                UPDATE jobs SET status = 'FAILED', updated_at = :now,
                  error_message = 'a newer order replaced this one'
                WHERE resource_id = :resource AND status IN ('PENDING', 'IN_PROGRESS')\
                """)
            .bind("resource", sandbox.value())
            .bind("now", Columns.time(now))
            .execute());
  }

  /// Taking a job may be forgotten in a crash: then it is handed out again, which jobs bear.
  List<Job> take(RunnerId runner, int limit, Instant now, Instant lostSince) {
    return database.runRelaxed(() ->
        database.query(handle ->
            handle
                .createQuery(
                    """
                    WITH taken AS (
                      SELECT id FROM jobs j
                      WHERE runner_id = :runner
                        AND (status = 'PENDING'
                          OR (status = 'IN_PROGRESS' AND claimed_at < :lost))
                        AND NOT EXISTS (
                          SELECT FROM jobs earlier
                          WHERE earlier.resource_id = j.resource_id
                            AND earlier.number < j.number
                            AND earlier.status IN ('PENDING', 'IN_PROGRESS'))
                      ORDER BY number LIMIT :limit
                      FOR UPDATE SKIP LOCKED)
                    UPDATE jobs SET status = 'IN_PROGRESS', claimed_at = :now,
                      updated_at = CASE status WHEN 'PENDING' THEN :now ELSE updated_at END
                    FROM taken WHERE jobs.id = taken.id
                    RETURNING jobs.*\
                    """)
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
                UPDATE jobs SET status = :status, error_message = :error,
                  result_metadata = :result, updated_at = :now
                WHERE id = :id AND status IN ('PENDING', 'IN_PROGRESS')
                RETURNING *\
                """)
            .bind("id", id.value())
            .bind("status", status.name())
            .bind("error", errorMessage.orElse(null))
            .bind("result", resultMetadata.orElse(null))
            .bind("now", Columns.time(now))
            .map((row, _) -> job(row))
            .findOne());
  }

  /// Notes for those that wait for others of their sandbox that they waited until now.
  void waited(SandboxId sandbox, Instant now) {
    database.query(handle ->
        handle
            .createUpdate(
                """
                UPDATE jobs SET updated_at = :now
                WHERE resource_id = :resource AND status = 'PENDING'\
                """)
            .bind("resource", sandbox.value())
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
                WHERE status IN ('PENDING', 'IN_PROGRESS') AND type = :type
                  AND updated_at < :before
                  AND NOT EXISTS (
                    SELECT FROM jobs earlier
                    WHERE earlier.resource_id = j.resource_id
                      AND earlier.number < j.number
                      AND earlier.status IN ('PENDING', 'IN_PROGRESS'))
                ORDER BY number LIMIT :limit\
                """)
            .bind("type", type.name())
            .bind("before", Columns.time(before))
            .bind("limit", SWEEP_MAX)
            .mapTo(UUID.class)
            .map(JobId::new)
            .list());
  }

  boolean anyUnfinished(SandboxId sandbox, JobType type) {
    return database.single(handle ->
        handle
            .createQuery(
                """
                SELECT EXISTS (
                  SELECT FROM jobs
                  WHERE resource_id = :sandbox AND type = :type
                    AND status IN ('PENDING', 'IN_PROGRESS'))\
                """)
            .bind("sandbox", sandbox.value())
            .bind("type", type.name())
            .mapTo(Boolean.class)
            .one());
  }

  Optional<String> failureSince(SandboxId sandbox, JobType type, Instant since) {
    return database.single(handle ->
        handle
            .createQuery(
                """
                SELECT coalesce(nullif(error_message, ''), 'the runner gave no reason') FROM jobs
                WHERE resource_id = :sandbox AND type = :type AND created_at >= :since
                  AND status = 'FAILED'
                ORDER BY number DESC LIMIT 1\
                """)
            .bind("sandbox", sandbox.value())
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
                DELETE FROM jobs
                WHERE status IN ('COMPLETED', 'FAILED') AND updated_at < :before\
                """)
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
        new SandboxId(Columns.uuid(row, "resource_id")),
        Columns.textIfAny(row, "payload"),
        trace,
        Columns.textIfAny(row, "error_message"),
        Columns.textIfAny(row, "result_metadata"),
        Columns.instant(row, "created_at"),
        Columns.instant(row, "updated_at"));
  }
}
