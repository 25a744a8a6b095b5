package dev.sandlot.runner;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.sandlot.launcher.LauncherImages;
import dev.sandlot.model.SandboxLimits;
import dev.sandlot.runner.sandbox.HostedSandboxes;
import dev.sandlot.runtime.HostDescription;
import dev.sandlot.runtime.HostedDisk;
import dev.sandlot.runtime.RuntimeDriver;
import dev.sandlot.runtime.RuntimeFailure;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Creates the machine's health report for the control plane
/// (docs/contract/runners.md#health-and-placement).
final class HealthReport {
  private static final double GIB = SandboxLimits.GIB;
  private static final Pattern MEMORY_AVAILABLE =
      Pattern.compile("MemAvailable: +([0-9]{1,15}) kB");

  private final RunnerConfig config;
  private final RuntimeDriver driver;
  private final HostedSandboxes sandboxes;
  private final LauncherImages images;
  private final com.sun.management.OperatingSystemMXBean machine;

  HealthReport(RunnerConfig config, RuntimeDriver driver, HostedSandboxes sandboxes) {
    this.config = config;
    this.driver = driver;
    this.sandboxes = sandboxes;
    this.images = new LauncherImages(config.launcherSocket());
    this.machine =
        ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class);
  }

  /// The contract's `RunnerHealthcheck`, and the images.
  Map<String, Object> report() {
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("appVersion", config.version());
    report.put("domain", config.domain());
    config
        .address()
        .ifPresent(address -> {
          report.put("proxyUrl", address.toString());
          report.put("apiUrl", address.toString());
        });
    try {
      HostDescription host = driver.describe();
      report.put("metrics", metrics(host, driver.list()));
      report.put("images", images());
      report.put("serviceHealth", List.of(health(host.usable(), host.reason())));
    } catch (RuntimeFailure failure) {
      report.put("serviceHealth", List.of(health(false, failure.sentence())));
    }
    return report;
  }

  private Map<String, Object> images() {
    Map<String, Object> report = new LinkedHashMap<>();
    images
        .newest()
        .forEach((name, image) ->
            report.put(name, Map.of("ref", image.id(), "sizeBytes", image.sizeBytes())));
    return report;
  }

  private Map<String, Object> health(boolean healthy, String reason) {
    Map<String, Object> health = new LinkedHashMap<>();
    health.put("serviceName", driver.engine());
    health.put("healthy", healthy);
    if (!healthy) {
      health.put("errorReason", reason.isEmpty() ? "the engine is not usable" : reason);
    }
    return health;
  }

  private Map<String, Object> metrics(HostDescription host, List<HostedDisk> disks) {
    long memory = machine.getTotalMemorySize();
    List<SandboxLimits> granted =
        sandboxes.all().stream().map(RunningSandbox::limits).flatMap(Optional::stream).toList();
    Map<String, Object> metrics = new LinkedHashMap<>();
    metrics.put("currentCpuLoadAverage", Math.max(0, machine.getSystemLoadAverage()));
    metrics.put("currentCpuUsagePercentage", percent(machine.getCpuLoad()));
    metrics.put(
        "currentMemoryUsagePercentage",
        percent(1 - (double) memoryAvailable() / Math.max(1, memory)));
    metrics.put(
        "currentDiskUsagePercentage",
        percent(1 - (double) host.poolFreeBytes() / Math.max(1, host.poolBytes())));
    metrics.put(
        "currentAllocatedCpu",
        granted.stream().mapToLong(SandboxLimits::cpuMillis).sum() / 1_000.0);
    metrics.put(
        "currentAllocatedMemoryGiB",
        granted.stream().mapToLong(SandboxLimits::memoryBytes).sum() / GIB);
    metrics.put(
        "currentAllocatedDiskGiB", disks.stream().mapToLong(HostedDisk::diskBytes).sum() / GIB);
    metrics.put("currentSnapshotCount", disks.stream().map(HostedDisk::image).distinct().count());
    metrics.put("currentStartedSandboxes", disks.stream().filter(HostedDisk::running).count());
    metrics.put("cpu", machine.getAvailableProcessors());
    metrics.put("memoryGiB", memory / GIB);
    metrics.put("diskGiB", host.poolBytes() / GIB);
    return metrics;
  }

  /// Memory available to programs; caches count as free.
  private long memoryAvailable() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/meminfo"))) {
      return lines
          .map(MEMORY_AVAILABLE::matcher)
          .filter(Matcher::matches)
          .mapToLong(matcher -> Long.parseLong(matcher.group(1)) * 1_024)
          .findFirst()
          .orElseGet(machine::getFreeMemorySize);
    } catch (IOException | UncheckedIOException _) {
      return machine.getFreeMemorySize();
    }
  }

  private static double percent(double share) {
    return Double.isNaN(share) ? 0 : Math.clamp(share * 100, 0, 100);
  }
}
