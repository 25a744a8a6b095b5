package dev.sandlot.launcher;

import java.time.Duration;

/// What the launcher may be asked to do (api/launcher.md#operations). Components are the fields of
/// the request.
///
/// @param <A> the type of the answer
sealed interface Operation<A> {
  /// What all requests of one kind have in common.
  Kind<A> kind();

  /// What all requests of one kind have in common.
  ///
  /// @param op its name in requests
  /// @param limit how long the launcher may take
  record Kind<A>(String op, Class<A> answer, Duration limit) {
    private static final Duration QUICK = Duration.ofSeconds(10);
    private static final Duration SLOW = Duration.ofSeconds(60);

    private static <A> Kind<A> quick(String op, Class<A> answer) {
      return new Kind<>(op, answer, QUICK);
    }

    /// For operations that mount, start, end or walk folders.
    private static <A> Kind<A> slow(String op, Class<A> answer) {
      return new Kind<>(op, answer, SLOW);
    }
  }

  /// The limits of a sandbox.
  record Limits(long cpuMillis, long memoryBytes, int pids) {}

  /// Describes the launcher and the machine.
  record Hello() implements Operation<Answer.Host> {
    @Override
    public Kind<Answer.Host> kind() {
      return Kind.quick("hello", Answer.Host.class);
    }
  }

  /// Creates a sandbox's disk.
  record CreateDisk(String id, String image, String hostName, long diskBytes)
      implements Operation<Answer.Done> {
    @Override
    public Kind<Answer.Done> kind() {
      return Kind.slow("create_disk", Answer.Done.class);
    }
  }

  /// Ends a sandbox and removes its disk.
  record DeleteDisk(String id) implements Operation<Answer.Done> {
    @Override
    public Kind<Answer.Done> kind() {
      return Kind.slow("delete_disk", Answer.Done.class);
    }
  }

  /// Starts a sandbox on its disk.
  record StartSandbox(String id, String engine, Limits limits, NetworkMode network)
      implements Operation<Answer.Started> {
    @Override
    public Kind<Answer.Started> kind() {
      return Kind.slow("start_sandbox", Answer.Started.class);
    }
  }

  /// Ends what runs.
  ///
  /// @param graceMs how long it may take to end by itself, 0 to 10,000
  record StopSandbox(String id, long graceMs) implements Operation<Answer.Stopped> {
    @Override
    public Kind<Answer.Stopped> kind() {
      return Kind.slow("stop_sandbox", Answer.Stopped.class);
    }
  }

  /// Changes the limits of a running sandbox.
  record SetLimits(String id, Limits limits) implements Operation<Answer.Done> {
    @Override
    public Kind<Answer.Done> kind() {
      return Kind.quick("set_limits", Answer.Done.class);
    }
  }

  /// Changes the network policy of a running sandbox.
  record SetNetwork(String id, NetworkMode network) implements Operation<Answer.Done> {
    @Override
    public Kind<Answer.Done> kind() {
      return Kind.quick("set_network", Answer.Done.class);
    }
  }

  /// Pauses a sandbox's processes.
  record PauseSandbox(String id) implements Operation<Answer.Done> {
    @Override
    public Kind<Answer.Done> kind() {
      return Kind.quick("pause_sandbox", Answer.Done.class);
    }
  }

  /// Resumes a paused sandbox.
  record ResumeSandbox(String id) implements Operation<Answer.Done> {
    @Override
    public Kind<Answer.Done> kind() {
      return Kind.quick("resume_sandbox", Answer.Done.class);
    }
  }

  /// Every sandbox that has a disk.
  record ListSandboxes() implements Operation<Answer.Sandboxes> {
    @Override
    public Kind<Answer.Sandboxes> kind() {
      return Kind.quick("list_sandboxes", Answer.Sandboxes.class);
    }
  }

  /// One sandbox, and what it uses.
  record InspectSandbox(String id) implements Operation<Answer.Sandbox> {
    @Override
    public Kind<Answer.Sandbox> kind() {
      return Kind.quick("inspect_sandbox", Answer.Sandbox.class);
    }
  }

  /// The images of the machine.
  record ListImages() implements Operation<Answer.Images> {
    @Override
    public Kind<Answer.Images> kind() {
      return Kind.slow("list_images", Answer.Images.class);
    }
  }

  /// Starts PostgreSQL, and makes its cluster first when there is none, which takes minutes on a
  /// slow disk.
  record DatabaseStart() implements Operation<Answer.Database> {
    @Override
    public Kind<Answer.Database> kind() {
      return new Kind<>("database_start", Answer.Database.class, Duration.ofMinutes(2));
    }
  }
}
