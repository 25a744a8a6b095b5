package dev.sandlot.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandlot.http.Endpoint;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.OperationId;
import dev.sandlot.model.OperationFailure;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.MessageDigest;

/// What the server tells Prometheus, at `/metrics` of the API's port, to whoever holds the metrics
/// key.
final class Metrics {
  private static final double NANOSECONDS = 1e9;

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final String key;
  private final Counter requests;
  private final Histogram durations;

  /// @param key what a scraper sends as its bearer token
  Metrics(String key) {
    this.key = key;
    JvmMetrics.builder().register(registry);
    requests =
        Counter.builder()
            .name("sandlot_http_requests_total")
            .help("Requests served, by role, operation of the contract and class of status")
            .labelNames("role", "operation", "status")
            .register(registry);
    durations =
        Histogram.builder()
            .name("sandlot_http_request_duration_seconds")
            .help("Time to serve a request, its body included, by role and operation")
            .labelNames("role", "operation")
            .classicUpperBounds(
                0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
            .register(registry);
  }

  /// Counts and times what an endpoint serves.
  Endpoint counted(String role, Endpoint endpoint) {
    return exchange -> {
      long start = System.nanoTime();
      String status = "5xx";
      try {
        endpoint.serve(exchange);
        status = category(exchange.status());
      } catch (OperationFailure failure) {
        status = category(exchange.sent() ? exchange.status() : HttpFailure.of(failure).status());
        throw failure;
      } catch (Exception e) {
        // A client that left before the end had been answered.
        status = exchange.sent() ? category(exchange.status()) : status;
        throw e;
      } finally {
        String operation = OperationId.of(exchange);
        durations.labelValues(role, operation).observe((System.nanoTime() - start) / NANOSECONDS);
        requests.labelValues(role, operation, status).inc();
      }
    };
  }

  private static String category(int status) {
    return status / 100 + "xx";
  }

  /// Answers a scraper.
  void serve(Exchange exchange) throws IOException {
    String given = exchange.header("Authorization").orElse("");
    if (!MessageDigest.isEqual(given.getBytes(UTF_8), ("Bearer " + key).getBytes(UTF_8))) {
      throw HttpFailure.unauthorized(
          "metrics need the key in secrets/metrics.key as a bearer token");
    }
    var writer = PrometheusTextFormatWriter.create();
    var out = new ByteArrayOutputStream();
    writer.write(out, registry.scrape());
    exchange.responseHeader("Content-Type", writer.getContentType());
    exchange.send(out.toByteArray());
  }
}
