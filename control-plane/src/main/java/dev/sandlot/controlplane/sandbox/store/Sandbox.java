package dev.sandlot.controlplane.sandbox.store;

import dev.sandlot.controlplane.runnerpool.Allocation;
import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.model.OrganizationId;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SandboxState;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/// A sandbox as it is kept.
///
/// @param spec what was fixed when it was made
/// @param settings what its owner may change
/// @param status where it is in its life
/// @param lastActivityAt when someone last used it, or its state changed
public record Sandbox(
    SandboxId id,
    OrganizationId organization,
    String region,
    RunnerId runner,
    Spec spec,
    Settings settings,
    Status status,
    Instant createdAt,
    Instant updatedAt,
    Instant lastActivityAt) {

  /// @param snapshot the snapshot's name
  /// @param snapshotRef the image's id on the runner
  /// @param user whom commands run as
  /// @param env variables of its processes
  /// @param cpu cores
  /// @param memory GiB
  /// @param disk GiB
  public record Spec(
      String name,
      String snapshot,
      String snapshotRef,
      String user,
      Map<String, String> env,
      int cpu,
      int memory,
      int disk) {
    public Spec {
      env = Map.copyOf(env);
    }

    /// What it holds on its runner in a state.
    public Allocation allocation(SandboxState state) {
      return new Allocation(
          state.usesProcessor() ? cpu : 0,
          state.usesProcessor() ? memory : 0,
          state.keepsFiles() ? disk : 0);
    }

    /// Without what is secret.
    @Override
    public String toString() {
      return "Spec[name=" + name + ", snapshot=" + snapshot + ", user=" + user + "]";
    }
  }

  /// @param labels for its owner to find it by
  /// @param open whether its ordinary ports can be seen without a token
  public record Settings(
      Map<String, String> labels, boolean open, NetworkPolicy network, Intervals intervals) {
    public Settings {
      labels = Map.copyOf(labels);
    }

    public Settings withLabels(Map<String, String> next) {
      return new Settings(next, open, network, intervals);
    }

    public Settings withOpen(boolean next) {
      return new Settings(labels, next, network, intervals);
    }

    public Settings withNetwork(NetworkPolicy next) {
      return new Settings(labels, open, next, intervals);
    }

    public Settings withIntervals(Intervals next) {
      return new Settings(labels, open, network, next);
    }
  }

  /// @param version counts the changes of this status; a writer names the one it read
  /// @param errorReason why it ended or failed
  /// @param recoverable whether recovering can help
  /// @param previewSecret what the tokens of its previews are derived from, another one after each
  ///   start; it opens nothing itself and is shown to nobody
  public record Status(
      SandboxState state,
      long version,
      Optional<String> errorReason,
      boolean recoverable,
      String previewSecret) {
    /// Without what is secret.
    @Override
    public String toString() {
      return "Status[state="
          + state
          + ", version="
          + version
          + ", errorReason="
          + errorReason
          + "]";
    }
  }

  public SandboxState state() {
    return status.state();
  }

  /// The same in another state.
  public Sandbox in(SandboxState state) {
    Status next =
        new Status(
            state,
            status.version(),
            status.errorReason(),
            status.recoverable(),
            status.previewSecret());
    return new Sandbox(
        id,
        organization,
        region,
        runner,
        spec,
        settings,
        next,
        createdAt,
        updatedAt,
        lastActivityAt);
  }

  /// Whether it is removed as soon as it stops.
  public boolean ephemeral() {
    return settings.intervals().autoDeleteMinutes() == 0;
  }
}
