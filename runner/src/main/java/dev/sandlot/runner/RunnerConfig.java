package dev.sandlot.runner;

import dev.sandlot.runner.dns.DnsConfig;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/// How a runner works.
///
/// @param launcherSocket the launcher's
/// @param engine "runsc" or "runc"
/// @param controlPlane base of its API, `http://127.0.0.1:3000/api`
/// @param runnerKey what the runner shows to it; secret
/// @param spoolFolder for temporary files of ours
/// @param domain where sandboxes' ports are shown, for clients
/// @param address where its gateway is reached by the proxy; empty when the proxy is in this
///   process
/// @param version of this build
/// @param jobsMax jobs carried out at a time
/// @param processesMax processes and threads of one sandbox
/// @param dns how sandboxes look names up
public record RunnerConfig(
    Path launcherSocket,
    String engine,
    URI controlPlane,
    String runnerKey,
    Path spoolFolder,
    String domain,
    Optional<URI> address,
    String version,
    int jobsMax,
    int processesMax,
    DnsConfig dns) {
  /// Enough for a burst of creates: they wait for the engine more than they work.
  public static final int JOBS_MAX = 32;

  /// What an ordinary build or test run needs, with room.
  public static final int PROCESSES_MAX = 4_096;

  @Override
  public String toString() {
    return "RunnerConfig[engine=" + engine + ", controlPlane=" + controlPlane + "]";
  }
}
