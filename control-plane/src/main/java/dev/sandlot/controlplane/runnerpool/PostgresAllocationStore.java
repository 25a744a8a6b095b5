package dev.sandlot.controlplane.runnerpool;

import dev.sandlot.controlplane.platform.Columns;
import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.model.RunnerId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.stream.Collectors;
import org.jdbi.v3.core.statement.SqlStatement;

/// What is promised of each runner, in PostgreSQL. Whoever writes holds the runner's row until the
/// transaction ends, so it comes last in a transaction: nothing else is waited for while it is
/// held.
final class PostgresAllocationStore {
  private final PostgresDatabase database;
  private final Overcommit overcommit;

  PostgresAllocationStore(PostgresDatabase database, Overcommit overcommit) {
    this.database = database;
    this.overcommit = overcommit;
  }

  /// Promises something if there is room for it.
  ///
  /// @return false when there is none; nothing is written
  boolean reserve(RunnerId runner, Allocation demand) {
    return database.query(handle ->
        bind(
                    handle.createUpdate(
                        """
                        UPDATE runner_allocations a SET cpu = a.cpu + :cpu,
                          memory_gib = a.memory_gib + :memory, disk_gib = a.disk_gib + :disk
                        FROM runners r
                        WHERE a.runner_id = :runner AND r.id = a.runner_id
                          AND a.cpu + :cpu <= r.cpu * :cpuFactor
                          AND a.memory_gib + :memory <= r.memory_gib * :memoryFactor
                          AND (:disk = 0 OR a.disk_gib + :disk <= r.disk_gib * :diskFactor)\
                        """),
                    runner,
                    demand)
                .bind("cpuFactor", overcommit.cpu())
                .bind("memoryFactor", overcommit.memory())
                .bind("diskFactor", overcommit.disk())
                .execute()
            == 1);
  }

  /// Adds what may be negative, whether there is room for it or not.
  void add(RunnerId runner, Allocation difference) {
    database.query(handle ->
        bind(
                handle.createUpdate(
                    """
                    UPDATE runner_allocations SET cpu = cpu + :cpu,
                      memory_gib = memory_gib + :memory, disk_gib = disk_gib + :disk
                    WHERE runner_id = :runner\
                    """),
                runner,
                difference)
            .execute());
  }

  /// Writes what is promised of a runner anew.
  void put(RunnerId runner, Allocation allocation) {
    database.query(handle ->
        bind(
                handle.createUpdate(
                    """
                    INSERT INTO runner_allocations (runner_id, cpu, memory_gib, disk_gib)
                    VALUES (:runner, :cpu, :memory, :disk)
                    ON CONFLICT (runner_id) DO UPDATE SET cpu = excluded.cpu,
                      memory_gib = excluded.memory_gib, disk_gib = excluded.disk_gib\
                    """),
                runner,
                allocation)
            .execute());
  }

  /// Sees to it that a runner has a row.
  void ensure(RunnerId runner) {
    database.query(handle ->
        handle
            .createUpdate(
                """
                INSERT INTO runner_allocations (runner_id) VALUES (:runner)
                ON CONFLICT (runner_id) DO NOTHING\
                """)
            .bind("runner", runner.value())
            .execute());
  }

  /// What is promised of a runner. Nobody changes it until the transaction ends.
  Allocation lock(RunnerId runner) {
    return database.query(handle ->
        handle
            .createQuery("SELECT * FROM runner_allocations WHERE runner_id = :runner FOR UPDATE")
            .bind("runner", runner.value())
            .map((row, _) -> allocation(row))
            .findOne()
            .orElse(Allocation.NONE));
  }

  Map<RunnerId, Allocation> all() {
    return database.single(handle ->
        handle
            .createQuery("SELECT * FROM runner_allocations")
            .map((row, _) ->
                Map.entry(new RunnerId(Columns.uuid(row, "runner_id")), allocation(row)))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
  }

  private static Allocation allocation(ResultSet row) throws SQLException {
    return new Allocation(row.getInt("cpu"), row.getInt("memory_gib"), row.getInt("disk_gib"));
  }

  private static <S extends SqlStatement<S>> S bind(
      S statement, RunnerId runner, Allocation allocation) {
    return statement
        .bind("runner", runner.value())
        .bind("cpu", allocation.cpu())
        .bind("memory", allocation.memory())
        .bind("disk", allocation.disk());
  }
}
