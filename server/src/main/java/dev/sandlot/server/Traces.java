package dev.sandlot.server;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.util.Optional;

/// Sends traces to where the operator wants them.
final class Traces implements AutoCloseable {
  private final Optional<OpenTelemetrySdk> sdk;

  private Traces(Optional<OpenTelemetrySdk> sdk) {
    this.sdk = sdk;
  }

  /// @param endpoint OTLP over HTTP, "http://127.0.0.1:4318"; empty: nothing is recorded
  static Traces start(Optional<String> endpoint) {
    return new Traces(endpoint.map(Traces::exporting));
  }

  private static OpenTelemetrySdk exporting(String endpoint) {
    var exporter = OtlpHttpSpanExporter.builder().setEndpoint(endpoint + "/v1/traces").build();
    var resource =
        Resource.getDefault()
            .merge(Resource.create(Attributes.builder().put("service.name", "sandlot").build()));
    return OpenTelemetrySdk.builder()
        .setTracerProvider(
            SdkTracerProvider.builder()
                .setResource(resource)
                .addSpanProcessor(BatchSpanProcessor.builder(exporter).build())
                .build())
        .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
        .buildAndRegisterGlobal();
  }

  @Override
  public void close() {
    sdk.ifPresent(OpenTelemetrySdk::close);
  }
}
