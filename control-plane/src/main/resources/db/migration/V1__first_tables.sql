CREATE TABLE organizations (
  id          uuid PRIMARY KEY,
  name        text NOT NULL,
  personal    boolean NOT NULL,
  created_by  uuid NOT NULL,
  default_region_id text,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL
);

CREATE TABLE users (
  id          uuid PRIMARY KEY,
  name        text NOT NULL,
  email       text NOT NULL,
  system_role text NOT NULL CHECK (system_role IN ('admin', 'user')),
  created_at  timestamptz NOT NULL
);

CREATE TABLE members (
  organization_id uuid NOT NULL REFERENCES organizations,
  user_id     uuid NOT NULL REFERENCES users,
  role        text NOT NULL CHECK (role IN ('owner', 'member')),
  PRIMARY KEY (organization_id, user_id)
);

CREATE TABLE api_keys (
  organization_id uuid NOT NULL REFERENCES organizations,
  user_id     uuid NOT NULL REFERENCES users,
  name        text NOT NULL,
  -- SHA-256 of the key, hexadecimal: the key itself is nowhere.
  hash        text NOT NULL UNIQUE,
  prefix      text NOT NULL,
  suffix      text NOT NULL,
  permissions text[] NOT NULL,
  created_at  timestamptz NOT NULL,
  last_used_at timestamptz,
  expires_at  timestamptz,
  PRIMARY KEY (organization_id, user_id, name)
);

CREATE TABLE regions (
  id          text PRIMARY KEY,
  name        text NOT NULL,
  organization_id uuid REFERENCES organizations,
  type        text NOT NULL CHECK (type IN ('shared', 'dedicated', 'custom')),
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL
);

CREATE TABLE runners (
  id          uuid PRIMARY KEY,
  name        text NOT NULL UNIQUE,
  region_id   text NOT NULL REFERENCES regions,
  cpu         double precision NOT NULL DEFAULT 0,
  memory_gib  double precision NOT NULL DEFAULT 0,
  disk_gib    double precision NOT NULL DEFAULT 0,
  metrics     jsonb NOT NULL DEFAULT '{}',
  app_version text,
  domain      text,
  api_url     text,
  proxy_url   text,
  unhealthy_reason text,
  unschedulable boolean NOT NULL DEFAULT false,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL,
  last_checked_at timestamptz
);

-- Keys of our own processes.
CREATE TABLE machine_keys (
  name        text PRIMARY KEY,
  kind        text NOT NULL CHECK (kind IN ('runner', 'proxy', 'health')),
  runner_id   uuid REFERENCES runners ON DELETE CASCADE,
  hash        text NOT NULL UNIQUE,
  created_at  timestamptz NOT NULL,
  CHECK ((kind = 'runner') = (runner_id IS NOT NULL))
);

CREATE TABLE snapshots (
  id          uuid PRIMARY KEY,
  organization_id uuid REFERENCES organizations,
  name        text NOT NULL,
  -- The image's id on the runners.
  ref         text NOT NULL,
  state       text NOT NULL,
  cpu         integer NOT NULL,
  memory      integer NOT NULL,
  disk        integer NOT NULL,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL,
  last_used_at timestamptz,
  UNIQUE NULLS NOT DISTINCT (organization_id, name)
);

CREATE TABLE sandboxes (
  id          uuid PRIMARY KEY,
  organization_id uuid NOT NULL REFERENCES organizations,
  region_id   text NOT NULL REFERENCES regions,
  runner_id   uuid REFERENCES runners,
  name        text NOT NULL,
  snapshot    text NOT NULL,
  snapshot_ref text NOT NULL,
  os_user     text NOT NULL,
  env         jsonb NOT NULL,
  cpu         integer NOT NULL,
  memory      integer NOT NULL,
  disk        integer NOT NULL,
  labels      jsonb NOT NULL,
  public      boolean NOT NULL,
  network_block_all boolean NOT NULL,
  network_allow_list text NOT NULL,
  auto_stop_minutes integer NOT NULL,
  auto_archive_minutes integer NOT NULL,
  auto_delete_minutes integer NOT NULL,
  -- Written by PostgresSandboxStore.compareAndSet alone.
  state       text NOT NULL,
  version     bigint NOT NULL,
  error_reason text,
  recoverable boolean NOT NULL DEFAULT false,
  auth_token  text NOT NULL,
  -- When an unfinished state is given up; set exactly while one is.
  deadline_at timestamptz,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL,
  last_activity_at timestamptz NOT NULL
);

-- A name is free again as soon as its sandbox is being deleted.
CREATE UNIQUE INDEX sandboxes_name ON sandboxes (organization_id, name)
  WHERE state NOT IN ('DESTROYING', 'DESTROYED');
CREATE INDEX sandboxes_by_activity ON sandboxes (organization_id, last_activity_at, id)
  WHERE state <> 'DESTROYED';
CREATE INDEX sandboxes_by_runner ON sandboxes (runner_id, state) INCLUDE (cpu, memory, disk)
  WHERE state <> 'DESTROYED';
CREATE INDEX sandboxes_by_deadline ON sandboxes (deadline_at) WHERE deadline_at IS NOT NULL;
CREATE INDEX sandboxes_by_label ON sandboxes USING gin (labels jsonb_path_ops);

CREATE TABLE jobs (
  id          uuid PRIMARY KEY,
  -- The order in which jobs of one sandbox are done.
  number      bigint GENERATED ALWAYS AS IDENTITY,
  type        text NOT NULL,
  status      text NOT NULL CHECK (status IN ('PENDING', 'IN_PROGRESS', 'COMPLETED', 'FAILED')),
  runner_id   uuid NOT NULL REFERENCES runners,
  resource_type text NOT NULL,
  resource_id uuid NOT NULL,
  payload     text,
  trace_context jsonb NOT NULL,
  error_message text,
  result_metadata text,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL,
  claimed_at  timestamptz
);

CREATE INDEX jobs_open ON jobs (runner_id, number) WHERE status IN ('PENDING', 'IN_PROGRESS');
CREATE INDEX jobs_of_resource ON jobs (resource_id, number)
  WHERE status IN ('PENDING', 'IN_PROGRESS');
CREATE INDEX jobs_by_runner ON jobs (runner_id, number DESC);
CREATE INDEX jobs_by_age ON jobs (updated_at) WHERE status IN ('COMPLETED', 'FAILED');

CREATE TABLE signed_preview_tokens (
  token       text PRIMARY KEY,
  sandbox_id  uuid NOT NULL REFERENCES sandboxes ON DELETE CASCADE,
  port        integer NOT NULL,
  expires_at  timestamptz NOT NULL
);
CREATE INDEX signed_preview_tokens_by_sandbox ON signed_preview_tokens (sandbox_id);
CREATE INDEX signed_preview_tokens_by_expiry ON signed_preview_tokens (expires_at);
