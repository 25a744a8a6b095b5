package dev.sandlot.runner.fake;

import io.grpc.Server;
import java.util.concurrent.TimeUnit;

/// Shuts an agent's server down like the real one: the answer to the shutdown call is still sent.
final class ServerEnd {
  private static final long ANSWER_MILLIS = 50;

  private ServerEnd() {}

  static void end(Server server) {
    try {
      var _ = server.shutdown().awaitTermination(ANSWER_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    server.shutdownNow();
  }
}
