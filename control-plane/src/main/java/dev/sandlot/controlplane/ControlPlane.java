package dev.sandlot.controlplane;

import dev.sandlot.controlplane.access.AccessRoutes;
import dev.sandlot.controlplane.access.ApiKeys;
import dev.sandlot.controlplane.access.Callers;
import dev.sandlot.controlplane.access.KeyStore;
import dev.sandlot.controlplane.access.PostgresKeyStore;
import dev.sandlot.controlplane.health.HealthRoutes;
import dev.sandlot.controlplane.job.JobResults;
import dev.sandlot.controlplane.job.JobRoutes;
import dev.sandlot.controlplane.job.Jobs;
import dev.sandlot.controlplane.operation.Rules;
import dev.sandlot.controlplane.organization.Organizations;
import dev.sandlot.controlplane.platform.PostgresDatabase;
import dev.sandlot.controlplane.platform.Signals;
import dev.sandlot.controlplane.platform.WireTime;
import dev.sandlot.controlplane.preview.PreviewRoutes;
import dev.sandlot.controlplane.preview.Previews;
import dev.sandlot.controlplane.region.RegionRoutes;
import dev.sandlot.controlplane.region.Regions;
import dev.sandlot.controlplane.runnerpool.RunnerPool;
import dev.sandlot.controlplane.runnerpool.RunnerRoutes;
import dev.sandlot.controlplane.sandbox.RunnerSandboxRoutes;
import dev.sandlot.controlplane.sandbox.SandboxCreation;
import dev.sandlot.controlplane.sandbox.SandboxOrders;
import dev.sandlot.controlplane.sandbox.SandboxOutcomes;
import dev.sandlot.controlplane.sandbox.SandboxReconciler;
import dev.sandlot.controlplane.sandbox.SandboxRoutes;
import dev.sandlot.controlplane.sandbox.SandboxTransitions;
import dev.sandlot.controlplane.sandbox.Sandboxes;
import dev.sandlot.controlplane.sandbox.store.PostgresSandboxStore;
import dev.sandlot.controlplane.sandbox.store.SandboxStore;
import dev.sandlot.controlplane.snapshot.SnapshotRoutes;
import dev.sandlot.controlplane.snapshot.Snapshots;
import dev.sandlot.http.Endpoint;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.FailureBody;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.Operation;
import dev.sandlot.http.OperationTable;
import dev.sandlot.http.ReasonPhrase;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.job.JobResourceKind;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A running control plane, and the one place where its parts are put together. Thread-safe.
public final class ControlPlane implements AutoCloseable {
  private final PostgresDatabase database;
  private final SandboxReconciler reconciler;
  private final OperationTable<Rules> operations;
  private final Endpoint endpoint;
  private final RunnerPool pool;
  private final Previews previews;
  private final ApiKeys apiKeys;
  private final Bootstrap bootstrap;

  private ControlPlane(ControlPlaneConfig config, PostgresDatabase database, Signals signals) {
    this.database = database;
    InstantSource clock = config.clock();
    KeyStore keys = new PostgresKeyStore(database);
    Callers callers = new Callers(keys, signals, clock);
    this.apiKeys = new ApiKeys(keys, clock);
    Organizations organizations = new Organizations(database, clock);
    Regions regions = new Regions(database, clock);
    Snapshots snapshots = new Snapshots(database, config.images(), config.runner(), clock);
    SandboxStore store = new PostgresSandboxStore(database);
    this.pool =
        new RunnerPool(database, store, snapshots, config.overcommit(), config.placement(), clock);
    Jobs jobs = new Jobs(database, signals, clock);
    SandboxOrders orders = new SandboxOrders(jobs);
    SandboxTransitions transitions = new SandboxTransitions(database, store, orders, pool, clock);
    JobResults results =
        new JobResults(
            database,
            jobs,
            Map.of(JobResourceKind.SANDBOX, new SandboxOutcomes(database, transitions)));
    Sandboxes sandboxes = new Sandboxes(store, transitions, jobs, pool, signals, clock);
    SandboxCreation.Parts parts =
        new SandboxCreation.Parts(snapshots, regions, pool, config.defaultSnapshot().name());
    SandboxCreation creation =
        new SandboxCreation(database, parts, store, orders, sandboxes, signals, clock);
    this.reconciler =
        new SandboxReconciler(
            store,
            transitions,
            jobs,
            results,
            pool,
            signals,
            new SandboxReconciler.Pace(clock, config.sweepPause()));
    this.previews = new Previews(sandboxes, callers, database, signals, clock);
    this.bootstrap =
        database.run(
            () -> Bootstrap.ensure(config, organizations, regions, pool, snapshots, apiKeys));

    List<Operation<Rules>> all = new ArrayList<>();
    all.addAll(health(config, database, pool).operations());
    all.addAll(new AccessRoutes(callers).operations());
    all.addAll(new RegionRoutes(regions).operations());
    all.addAll(new SnapshotRoutes(snapshots).operations());
    all.addAll(new SandboxRoutes(sandboxes, creation, config.addresses()).operations());
    all.addAll(new RunnerSandboxRoutes(sandboxes, config.addresses()).operations());
    all.addAll(new PreviewRoutes(previews, sandboxes, config.addresses()).operations());
    all.addAll(new RunnerRoutes(pool).operations());
    all.addAll(new JobRoutes(jobs, results).operations());
    this.operations = new OperationTable<>(all);
    this.endpoint =
        new ApiDispatcher(
            operations, KnownOperations.load(), callers, config.attempts(), config.version());
    config.keys().given().forEach(key -> config.attempts().know(key.text()));
  }

  private static HealthRoutes health(
      ControlPlaneConfig config, PostgresDatabase database, RunnerPool pool) {
    return new HealthRoutes(
        database, pool, config.addresses(), config.version(), config.defaultSnapshot().name());
  }

  /// Connects to the database, brings it up to date, and starts to work.
  ///
  /// @throws IllegalStateException when the database cannot be reached
  public static ControlPlane start(ControlPlaneConfig config) {
    Signals signals = new Signals();
    PostgresDatabase database = PostgresDatabase.open(config.database(), signals);
    try {
      ControlPlane plane = new ControlPlane(config, database, signals);
      plane.reconciler.start();
      return plane;
    } catch (RuntimeException e) {
      database.close();
      throw e;
    }
  }

  /// Serves everything under /api.
  public Endpoint endpoint() {
    return endpoint;
  }

  /// The contract's shape of a failure (docs/contract/transport.md#errors-of-the-control-api).
  public static FailureBody failures() {
    return ControlPlane::failure;
  }

  private static Object failure(Exchange exchange, HttpFailure failure) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("path", exchange.rawPath());
    body.put("timestamp", WireTime.of(InstantSource.system().instant()));
    body.put("statusCode", failure.status());
    body.put("error", ReasonPhrase.of(failure.status()));
    body.put("message", failure.sentence());
    return body;
  }

  /// What the first start made, and who owns this deployment.
  public Bootstrap bootstrap() {
    return bootstrap;
  }

  /// The proxy's questions.
  public Previews previews() {
    return previews;
  }

  /// Where the proxy reaches a runner on another machine, as the runner has reported it.
  public Optional<String> runnerAddress(RunnerId id) {
    return pool.address(id);
  }

  /// Makes and revokes users' keys.
  public ApiKeys apiKeys() {
    return apiKeys;
  }

  /// All operations that are built, with who may call them.
  OperationTable<Rules> operations() {
    return operations;
  }

  /// Does now what is otherwise done every few seconds.
  void sweep() {
    reconciler.sweep();
  }

  /// Stops working. Sandboxes go on.
  @Override
  public void close() {
    reconciler.close();
    database.close();
  }
}
