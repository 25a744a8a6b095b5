package dev.sandlot.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.Endpoint;
import dev.sandlot.http.ForwardedExchange;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.http.OperationId;
import dev.sandlot.http.Upgrades;
import dev.sandlot.http.server.HttpServer;
import dev.sandlot.http.server.ListenConfig;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What is counted, as a scraper reads it.
class MetricsTest {
  private final Metrics metrics = new Metrics("key");
  private final HttpClient client = HttpClient.newHttpClient();
  private HttpServer server;

  @BeforeEach
  void start() {
    Endpoint answers =
        exchange -> {
          if (exchange.rawPath().equals("/refused")) {
            throw HttpFailure.notFound("there is nothing");
          }
          if (exchange.rawPath().equals("/201")) {
            new ForwardedExchange(exchange, exchange.headers())
                .attribute(OperationId.class, new OperationId("CreateFolder"));
          }
          exchange.status(Integer.parseInt(exchange.rawPath().substring(1)));
          exchange.send();
        };
    Endpoint counted = metrics.counted("proxy", answers);
    server =
        HttpServer.start(
            ListenConfig.plain("test", "127.0.0.1", 0),
            exchange -> {
              if (exchange.rawPath().equals("/metrics")) {
                metrics.serve(exchange);
              } else {
                counted.serve(exchange);
              }
            },
            (_, failure) -> Map.of("message", failure.sentence()),
            Upgrades.NONE);
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  @Test
  void countsAnAnswerThatIsPassedOnByItsStatus() throws Exception {
    for (String path : new String[] {"/200", "/302", "/404", "/502", "/503", "/refused"}) {
      get(path);
    }
    assertThat(get("/metrics"))
        .contains("{operation=\"none\",role=\"proxy\",status=\"2xx\"} 1.0")
        .contains("{operation=\"none\",role=\"proxy\",status=\"3xx\"} 1.0")
        .contains("{operation=\"none\",role=\"proxy\",status=\"4xx\"} 2.0")
        .contains("{operation=\"none\",role=\"proxy\",status=\"5xx\"} 2.0");
  }

  @Test
  void countsByTheOperationThatWhoeverServedItHasLeft() throws Exception {
    get("/201");

    assertThat(get("/metrics"))
        .contains("{operation=\"CreateFolder\",role=\"proxy\",status=\"2xx\"} 1.0")
        .doesNotContain("operation=\"none\"");
  }

  private String get(String path) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
            .header("Authorization", "Bearer key")
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
  }
}
