-- Made when a client first asks. In the clear: both sides sign with it.
CREATE TABLE signing_keys (
  sandbox_id  uuid PRIMARY KEY REFERENCES sandboxes ON DELETE CASCADE,
  key         text NOT NULL,
  created_at  timestamptz NOT NULL
);
