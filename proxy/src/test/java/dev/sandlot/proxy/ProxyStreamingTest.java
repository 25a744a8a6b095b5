package dev.sandlot.proxy;

import static dev.sandlot.proxy.ProxyFixture.KEY;
import static dev.sandlot.proxy.ProxyFixture.head;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.sandlot.proxy.access.ProxyLimits;
import dev.sandlot.testing.Waiting;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the proxy holds of bodies that it passes on: next to nothing.
class ProxyStreamingTest {
  private static final String BEARER = "Authorization: Bearer " + KEY;

  private ProxyFixture fixture;

  /// Whether the sandboxes are on another machine.
  boolean remote() {
    return false;
  }

  @BeforeEach
  void start() {
    fixture = new ProxyFixture(ProxyLimits.DEFAULT, remote());
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void streamsAnUploadAndItsEchoWithoutHoldingThem() throws Exception {
    long bytes = 100L << 20;
    HttpServer echo =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    echo.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    echo.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          try (OutputStream out = exchange.getResponseBody()) {
            exchange.getRequestBody().transferTo(out);
          }
        });
    echo.start();
    fixture.gateway.ports.put(3000, echo.getAddress().getPort());
    try (Socket client = fixture.connect()) {
      long before = used();
      long heldMax = 0;
      Thread upload = Thread.ofVirtual().start(() -> upload(client, bytes));
      long received = 0;
      long measuredAt = 0;
      byte[] buffer = new byte[1 << 20];
      InputStream in = client.getInputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        received += count;
        if (received - measuredAt > bytes / 5) {
          measuredAt = received;
          // While nobody reads, whatever takes more in has to hold it: the pause is the test.
          Waiting.pass(Duration.ofMillis(200));
          heldMax = Math.max(heldMax, used() - before);
        }
      }
      upload.join();
      assertThat(received).isGreaterThan(bytes);
      assertThat(heldMax).isLessThan(20L << 20);
    } finally {
      echo.stop(0);
    }
  }

  private void upload(Socket client, long bytes) {
    try {
      OutputStream out = client.getOutputStream();
      out.write(head("POST", fixture.host(3000), "/", bytes, BEARER));
      byte[] piece = new byte[1 << 20];
      for (long sent = 0; sent < bytes; sent += piece.length) {
        out.write(piece);
      }
    } catch (IOException _) {
      // The count of what comes back tells.
    }
  }

  private static long used() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
