package dev.sandlot.runner;

import dev.sandlot.runner.dns.DnsConfig;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/// The configuration of a runner.
///
/// @param launcherSocket socket of the launcher
/// @param engine "runsc" or "runc"
/// @param controlPlane base of its API, `http://127.0.0.1:3000/api`
/// @param runnerKey the runner's API key; secret
/// @param spoolFolder for temporary files
/// @param domain of preview URLs, for clients
/// @param address where its gateway is reached by the proxy; empty when the proxy is in this
///   process
/// @param version of this build
/// @param jobsMax jobs run at a time
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
  /// Enough for a burst of creates, which mostly wait for the engine.
  public static final int JOBS_MAX = 32;

  /// More than an ordinary build or test run needs.
  public static final int PROCESSES_MAX = 4_096;

  @Override
  public String toString() {
    return "RunnerConfig[engine=" + engine + ", controlPlane=" + controlPlane + "]";
  }
}
