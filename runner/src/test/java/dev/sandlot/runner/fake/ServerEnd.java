package dev.sandlot.runner.fake;

import io.grpc.Server;
import java.util.concurrent.TimeUnit;

/// Ends an agent's server as the real one ends: the answer to the call that asks for it still
/// leaves.
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
