package dev.sandlot.toolbox.system;

import com.google.re2j.Pattern;
import dev.sandlot.agentclient.AgentMetrics;
import dev.sandlot.agentclient.AgentPorts;
import dev.sandlot.http.Exchange;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.runtime.RuntimeDriver;
import dev.sandlot.runtime.RuntimeFailure;
import dev.sandlot.runtime.SandboxUsage;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.files.FileInfoJson;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import dev.sandlot.toolbox.warm.WarmProcesses;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/// Directories, environment, resource usage and ports of a sandbox (docs/contract/system.md and
/// docs/contract/versions.md#operations).
public final class SystemEndpoints {
  private static final Pattern PORT = Pattern.compile("[1-9][0-9]{0,4}");
  private static final Pattern SECONDS = Pattern.compile("0|[1-9][0-9]{0,3}");
  private static final int WAIT_SECONDS_MAX = 300;
  private static final int PORT_MIN = 3_000;
  private static final int PORT_MAX = 9_999;

  private final RuntimeDriver driver;
  private final ToolboxLimits limits;
  private final WarmProcesses warm;

  public SystemEndpoints(RuntimeDriver driver, ToolboxLimits limits, WarmProcesses warm) {
    this.driver = driver;
    this.limits = limits;
    this.warm = warm;
  }

  public void workingDirectory(Exchange exchange) throws IOException, InterruptedException {
    exchange.sendJson(Map.of("dir", Calls.sandbox(exchange).account().workingDirectory()));
  }

  public void home(Exchange exchange) throws IOException, InterruptedException {
    exchange.sendJson(Map.of("dir", Calls.sandbox(exchange).account().home()));
  }

  public void version(Exchange exchange) {
    exchange.sendJson(Map.of("version", Calls.sandbox(exchange).agentVersion()));
  }

  /// Accepts the call and ignores its token: a credential for telemetry, which is not built.
  public void initialize(Exchange exchange) {
    var _ = Calls.body(exchange, limits);
    exchange.sendJson(Map.of("message", "the sandbox is ready"));
  }

  public void changeEnvironment(Exchange exchange) {
    EnvironmentChange change = EnvironmentChange.read(Calls.body(exchange, limits));
    RunningSandbox sandbox = Calls.sandbox(exchange);
    Map<String, String> after =
        sandbox.agent().changeEnvironment(change.set(), change.unset(), change.unsetValuePrefix());
    warm.discard(sandbox);
    exchange.sendJson(after);
  }

  /// The disk's figures are those of the quota; `df` inside the sandbox shows the machine's pool.
  public void metrics(Exchange exchange) {
    RunningSandbox sandbox = Calls.sandbox(exchange);
    SandboxUsage usage = usage(sandbox);
    AgentMetrics inside = sandbox.agent().metrics();
    long memory = sandbox.memoryLimitBytes().orElse(inside.memoryTotalBytes());
    long disk = usage.disk().diskBytes();
    Instant now = Instant.now();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("cpuCount", sandbox.cpu().cores());
    json.put("cpuUsedPct", sandbox.cpu().percent(usage.cpuUsed(), System.nanoTime()));
    json.put("memTotal", memory);
    json.put("memUsed", Math.min(memory, usage.memoryBytes()));
    json.put("memCache", inside.memoryCachedBytes());
    json.put("diskTotal", disk);
    json.put("diskUsed", usage.diskUsedBytes());
    json.put("diskFree", Math.max(0, disk - usage.diskUsedBytes()));
    json.put("timestamp", FileInfoJson.time(now));
    json.put("timestampUnix", now.getEpochSecond());
    exchange.sendJson(json);
  }

  private SandboxUsage usage(RunningSandbox sandbox) {
    try {
      return driver
          .inspect(sandbox.id())
          .orElseThrow(() -> ToolboxFailures.notFound("the sandbox is gone"));
    } catch (RuntimeFailure failure) {
      throw new OperationFailure(
          ErrorCode.SERVICE_UNAVAILABLE, "the sandbox cannot be measured: " + failure.sentence());
    }
  }

  public void ports(Exchange exchange) {
    exchange.sendJson(Map.of("ports", Calls.sandbox(exchange).agent().ports().listening()));
  }

  public void portInUse(Exchange exchange) {
    String text = exchange.pathParameter("port");
    int port = PORT.matcher(text).matches() ? Integer.parseInt(text) : 0;
    if (port < PORT_MIN || port > PORT_MAX) {
      throw ToolboxFailures.badRequest(
          "port must be a number from " + PORT_MIN + " to " + PORT_MAX);
    }
    AgentPorts ports = Calls.sandbox(exchange).agent().ports();
    Duration wait = wait(exchange);
    boolean used =
        wait.isZero() ? ports.listening().contains(port) : ports.awaitListening(port, wait);
    exchange.sendJson(Map.of("isInUse", used));
  }

  /// How long to wait until the port is in use; not part of the contract.
  private static Duration wait(Exchange exchange) {
    String text = exchange.query("wait").orElse("0");
    int seconds = SECONDS.matcher(text).matches() ? Integer.parseInt(text) : WAIT_SECONDS_MAX + 1;
    if (seconds > WAIT_SECONDS_MAX) {
      throw ToolboxFailures.badRequest("wait must be whole seconds from 0 to " + WAIT_SECONDS_MAX);
    }
    return Duration.ofSeconds(seconds);
  }
}
