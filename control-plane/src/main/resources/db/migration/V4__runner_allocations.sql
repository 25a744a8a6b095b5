-- What sandboxes hold on each runner, kept with them: placing one neither locks the other runners nor counts anew.
CREATE TABLE runner_allocations (
  runner_id   uuid PRIMARY KEY REFERENCES runners ON DELETE CASCADE,
  cpu         integer NOT NULL DEFAULT 0,
  memory_gib  integer NOT NULL DEFAULT 0,
  disk_gib    integer NOT NULL DEFAULT 0
);

INSERT INTO runner_allocations (runner_id, cpu, memory_gib, disk_gib)
SELECT r.id,
  coalesce(sum(s.cpu) FILTER (WHERE s.state IN ('CREATING', 'STARTED', 'STOPPING', 'STARTING')), 0),
  coalesce(sum(s.memory) FILTER (WHERE s.state IN ('CREATING', 'STARTED', 'STOPPING', 'STARTING')), 0),
  coalesce(sum(s.disk), 0)
FROM runners r LEFT JOIN sandboxes s ON s.runner_id = r.id AND s.state <> 'DESTROYED'
GROUP BY r.id;
