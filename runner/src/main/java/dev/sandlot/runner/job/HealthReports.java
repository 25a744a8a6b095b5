package dev.sandlot.runner.job;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;

/// Sends a health report to the control plane at the start and then every 30 seconds.
public final class HealthReports implements AutoCloseable {
  private static final Duration INTERVAL = Duration.ofSeconds(30);

  private final ControlPlaneClient controlPlane;
  private final Supplier<Map<String, Object>> report;
  private final Thread thread;

  private HealthReports(ControlPlaneClient controlPlane, Supplier<Map<String, Object>> report) {
    this.controlPlane = controlPlane;
    this.report = report;
    this.thread = Thread.ofVirtual().name("health-reports").unstarted(this::run);
  }

  /// Starts the reports.
  ///
  /// @param report creates the contract's `RunnerHealthcheck`
  public static HealthReports start(
      ControlPlaneClient controlPlane, Supplier<Map<String, Object>> report) {
    HealthReports reports = new HealthReports(controlPlane, report);
    reports.thread.start();
    return reports;
  }

  private void run() {
    Backoff backoff = new Backoff();
    while (!Thread.currentThread().isInterrupted()) {
      try {
        controlPlane.reportHealth(report.get());
        backoff.reset();
        Thread.sleep(INTERVAL);
      } catch (InterruptedException _) {
        return;
      } catch (IOException | RuntimeException e) {
        try {
          backoff.pause("health cannot be reported", e);
        } catch (InterruptedException _) {
          return;
        }
      }
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
