package dev.sandlot.http;

import dev.sandlot.model.OperationFailure;
import dev.sandlot.model.TraceContext;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Traces by OpenTelemetry, from a client's `traceparent` on (W3C Trace Context). Without a
/// configured exporter all of it costs next to nothing.
public final class Tracing {
  /// What is longer is not carried on, since it is stored with each order. W3C Trace Context wants
  /// at least so much of `tracestate` to be.
  private static final int HEADER_CHARACTERS_MAX = 512;

  private static final String SCOPE = "dev.sandlot";

  private Tracing() {}

  /// Serves each request within a span of its own, a child of the caller's.
  ///
  /// @param role the serving process, "api"
  public static Endpoint traced(String role, Endpoint endpoint) {
    Tracer tracer = GlobalOpenTelemetry.getTracer(SCOPE);
    return exchange -> {
      Context parent =
          W3CTraceContextPropagator.getInstance()
              .extract(Context.root(), exchange, ExchangeHeaders.INSTANCE);
      Span span =
          tracer
              .spanBuilder(role + " " + exchange.method())
              .setParent(parent)
              .setSpanKind(SpanKind.SERVER)
              .setAttribute("http.request.method", exchange.method())
              .startSpan();
      try (Scope _ = span.makeCurrent()) {
        new TraceContext(carried())
            .call(() -> {
              endpoint.serve(exchange);
              return exchange;
            });
      } catch (OperationFailure failure) {
        span.setAttribute("http.response.status_code", HttpFailure.of(failure).status());
        throw failure;
      } catch (Exception e) {
        span.setStatus(StatusCode.ERROR);
        throw e;
      } finally {
        exchange
            .attribute(OperationId.class)
            .ifPresent(id -> span.updateName(role + " " + id.text()));
        span.setAttribute("url.path", ShownPath.of(exchange));
        span.end();
      }
    };
  }

  /// Goes on with a trace of another process: what is done is a span of it.
  ///
  /// @param name of the span
  public static <R, X extends Throwable> R continued(
      TraceContext trace, String name, ScopedValue.CallableOp<? extends R, X> work) throws X {
    Context parent =
        W3CTraceContextPropagator.getInstance()
            .extract(Context.root(), trace.headers(), MapEntries.INSTANCE);
    Span span =
        GlobalOpenTelemetry.getTracer(SCOPE).spanBuilder(name).setParent(parent).startSpan();
    try (Scope _ = span.makeCurrent()) {
      return new TraceContext(carried()).call(work);
    } catch (Throwable failure) {
      span.setStatus(StatusCode.ERROR);
      throw failure;
    } finally {
      span.end();
    }
  }

  /// The current context as the headers that carry it on; empty outside a trace.
  private static Map<String, String> carried() {
    Map<String, String> headers = new HashMap<>();
    W3CTraceContextPropagator.getInstance()
        .inject(
            Context.current(),
            headers,
            (_, name, value) -> {
              if (value.length() <= HEADER_CHARACTERS_MAX) {
                headers.put(name, value);
              }
            });
    return headers;
  }

  private enum ExchangeHeaders implements TextMapGetter<Exchange> {
    INSTANCE;

    @Override
    public Iterable<String> keys(Exchange exchange) {
      return List.of("traceparent", "tracestate");
    }

    @Override
    public @Nullable String get(@Nullable Exchange exchange, String key) {
      return exchange == null ? null : exchange.header(key).orElse(null);
    }
  }

  private enum MapEntries implements TextMapGetter<Map<String, String>> {
    INSTANCE;

    @Override
    public Iterable<String> keys(Map<String, String> headers) {
      return headers.keySet();
    }

    @Override
    public @Nullable String get(@Nullable Map<String, String> headers, String key) {
      return headers == null ? null : headers.get(key);
    }
  }
}
