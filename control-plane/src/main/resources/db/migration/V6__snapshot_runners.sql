-- Where a snapshot is, and as which image: until now one reference was taken to hold on every runner.
CREATE TABLE snapshot_runners (
  snapshot_id uuid NOT NULL REFERENCES snapshots ON DELETE CASCADE,
  runner_id   uuid NOT NULL REFERENCES runners ON DELETE CASCADE,
  state       text NOT NULL,
  -- The image's id on this runner.
  ref         text NOT NULL,
  -- Null: the runner has not said.
  size_bytes  bigint,
  last_used_at timestamptz,
  PRIMARY KEY (snapshot_id, runner_id)
);
CREATE INDEX snapshot_runners_by_runner ON snapshot_runners (runner_id);

INSERT INTO snapshot_runners (snapshot_id, runner_id, state, ref, last_used_at)
SELECT s.id, r.id, 'READY', s.ref, s.last_used_at FROM snapshots s CROSS JOIN runners r;

ALTER TABLE snapshots DROP COLUMN ref;
