package dev.sandlot.controlplane.sandbox.lifecycle;

import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxCommand.APPLY_NETWORK_ON_RUNNER;
import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxCommand.DESTROY_NOW_ON_RUNNER;
import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxCommand.DESTROY_ON_RUNNER;
import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxCommand.DROP_ORDERS;
import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxCommand.KILL_ON_RUNNER;
import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxCommand.NOTHING;
import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxCommand.START_ON_RUNNER;
import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxCommand.STOP_ON_RUNNER;
import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxEvent.DEADLINE_PASSED;
import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxEvent.DELETE_REQUESTED;
import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxEvent.FORCED_DELETE_REQUESTED;
import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxEvent.NETWORK_CHANGED;
import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxEvent.NETWORK_FAILED;
import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxEvent.RECOVERY_REQUESTED;
import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxEvent.RUNNER_DESTROYED;
import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxEvent.RUNNER_FAILED;
import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxEvent.RUNNER_GONE;
import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxEvent.RUNNER_STARTED;
import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxEvent.RUNNER_STOPPED;
import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxEvent.START_REQUESTED;
import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxEvent.STOPPED_RECOVERY_REQUESTED;
import static dev.sandlot.controlplane.sandbox.lifecycle.SandboxEvent.STOP_REQUESTED;
import static dev.sandlot.model.SandboxState.CREATING;
import static dev.sandlot.model.SandboxState.DESTROYED;
import static dev.sandlot.model.SandboxState.DESTROYING;
import static dev.sandlot.model.SandboxState.ERROR;
import static dev.sandlot.model.SandboxState.STARTED;
import static dev.sandlot.model.SandboxState.STARTING;
import static dev.sandlot.model.SandboxState.STOPPED;
import static dev.sandlot.model.SandboxState.STOPPING;

import dev.sandlot.controlplane.platform.Lifecycle;
import dev.sandlot.model.SandboxState;

/// The whole life of a sandbox. Drawn in docs/lifecycle/sandbox.puml.
///
/// A creation, start or stop that takes too long ends in ERROR, and the runner is ordered to kill
/// the sandbox, so that nothing goes on running that is accounted to nobody. A removal is never
/// given up: it is ordered again until the runner confirms it or is gone for good. What a sandbox
/// may reach is never left open: if a change cannot be applied, the sandbox is stopped.
public final class SandboxLifecycle {
  // spotless:off
  public static final Lifecycle<SandboxState, SandboxEvent, SandboxCommand> TABLE =
      Lifecycle.<SandboxState, SandboxEvent, SandboxCommand>named("sandbox", CREATING, DESTROYED)
          //   in          on                          go to       and
          .row(CREATING,   RUNNER_STARTED,             STARTED,    NOTHING)
          .row(CREATING,   RUNNER_FAILED,              ERROR,      NOTHING)
          .row(CREATING,   DEADLINE_PASSED,            ERROR,      KILL_ON_RUNNER)
          .row(CREATING,   NETWORK_CHANGED,            CREATING,   APPLY_NETWORK_ON_RUNNER)
          .row(CREATING,   FORCED_DELETE_REQUESTED,    DESTROYING, DESTROY_NOW_ON_RUNNER)
          .row(CREATING,   RUNNER_GONE,                ERROR,      DROP_ORDERS)

          .row(STARTED,    STOP_REQUESTED,             STOPPING,   STOP_ON_RUNNER)
          .row(STARTED,    DELETE_REQUESTED,           DESTROYING, DESTROY_ON_RUNNER)
          .row(STARTED,    FORCED_DELETE_REQUESTED,    DESTROYING, DESTROY_NOW_ON_RUNNER)
          .row(STARTED,    NETWORK_CHANGED,            STARTED,    APPLY_NETWORK_ON_RUNNER)
          .row(STARTED,    NETWORK_FAILED,             STOPPING,   STOP_ON_RUNNER)
          .row(STARTED,    RUNNER_STOPPED,             STOPPED,    NOTHING)
          .row(STARTED,    RUNNER_FAILED,              ERROR,      NOTHING)
          .row(STARTED,    RUNNER_DESTROYED,           ERROR,      NOTHING)
          .row(STARTED,    RUNNER_GONE,                ERROR,      DROP_ORDERS)

          .row(STOPPING,   RUNNER_STOPPED,             STOPPED,    NOTHING)
          .row(STOPPING,   RUNNER_FAILED,              ERROR,      NOTHING)
          .row(STOPPING,   RUNNER_DESTROYED,           ERROR,      NOTHING)
          .row(STOPPING,   NETWORK_CHANGED,            STOPPING,   NOTHING)
          .row(STOPPING,   DEADLINE_PASSED,            ERROR,      KILL_ON_RUNNER)
          .row(STOPPING,   FORCED_DELETE_REQUESTED,    DESTROYING, DESTROY_NOW_ON_RUNNER)
          .row(STOPPING,   RUNNER_GONE,                ERROR,      DROP_ORDERS)

          .row(STOPPED,    START_REQUESTED,            STARTING,   START_ON_RUNNER)
          .row(STOPPED,    DELETE_REQUESTED,           DESTROYING, DESTROY_ON_RUNNER)
          .row(STOPPED,    FORCED_DELETE_REQUESTED,    DESTROYING, DESTROY_NOW_ON_RUNNER)
          .row(STOPPED,    NETWORK_CHANGED,            STOPPED,    NOTHING)
          .row(STOPPED,    RUNNER_STARTED,             STOPPING,   STOP_ON_RUNNER)
          .row(STOPPED,    RUNNER_FAILED,              ERROR,      NOTHING)
          .row(STOPPED,    RUNNER_DESTROYED,           ERROR,      NOTHING)
          .row(STOPPED,    RUNNER_GONE,                ERROR,      DROP_ORDERS)

          .row(STARTING,   RUNNER_STARTED,             STARTED,    NOTHING)
          .row(STARTING,   RUNNER_FAILED,              ERROR,      NOTHING)
          .row(STARTING,   NETWORK_CHANGED,            STARTING,   APPLY_NETWORK_ON_RUNNER)
          .row(STARTING,   DEADLINE_PASSED,            ERROR,      KILL_ON_RUNNER)
          .row(STARTING,   FORCED_DELETE_REQUESTED,    DESTROYING, DESTROY_NOW_ON_RUNNER)
          .row(STARTING,   RUNNER_GONE,                ERROR,      DROP_ORDERS)

          .row(ERROR,      RECOVERY_REQUESTED,         STARTING,   START_ON_RUNNER)
          .row(ERROR,      STOPPED_RECOVERY_REQUESTED, STOPPING,   STOP_ON_RUNNER)
          .row(ERROR,      DELETE_REQUESTED,           DESTROYING, DESTROY_NOW_ON_RUNNER)
          .row(ERROR,      FORCED_DELETE_REQUESTED,    DESTROYING, DESTROY_NOW_ON_RUNNER)
          .row(ERROR,      NETWORK_CHANGED,            ERROR,      NOTHING)

          .row(DESTROYING, RUNNER_DESTROYED,           DESTROYED,  NOTHING)
          .row(DESTROYING, RUNNER_FAILED,              DESTROYING, NOTHING)
          .row(DESTROYING, DEADLINE_PASSED,            DESTROYING, DESTROY_NOW_ON_RUNNER)
          .row(DESTROYING, FORCED_DELETE_REQUESTED,    DESTROYING, DESTROY_NOW_ON_RUNNER)
          .row(DESTROYING, RUNNER_GONE,                DESTROYED,  DROP_ORDERS)
          .build();
  // spotless:on

  private SandboxLifecycle() {}
}
