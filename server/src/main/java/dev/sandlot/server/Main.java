package dev.sandlot.server;

import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/// Starts the all-in-one server from the environment ({@link ServerConfig}) and runs until it is
/// asked to end.
public final class Main {
  private static final Logger LOGGER = LoggerFactory.getLogger(Main.class);
  private static final int CONFIGURATION_INVALID = 2;

  private Main() {}

  /// @param arguments none; `--version` prints the version
  public static void main(String[] arguments) throws InterruptedException {
    routeOtherLogs();
    if (arguments.length > 0) {
      if (!arguments[0].equals("--version")) {
        refuse(
            "unknown argument "
                + arguments[0]
                + "; settings are environment variables, see docs/configuration.md");
      }
      System.out.println("sandlot-server " + Server.VERSION);
      return;
    }
    Server server;
    try {
      ServerConfig config = ServerConfig.read(System.getenv());
      config
          .effective()
          .forEach((name, value) -> LOGGER.atInfo().addKeyValue(name, value).log("setting"));
      server = Server.start(config);
    } catch (ServerConfig.Invalid e) {
      refuse(String.valueOf(e.getMessage()));
      return;
    } catch (Exception e) {
      LOGGER.atError().setCause(e).log("the server did not start");
      refuse("the server did not start: " + e.getMessage());
      return;
    }
    runUntilAsked(server);
  }

  /// Libraries that log to the JDK's own logger end up in the one log, in its form.
  private static void routeOtherLogs() {
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
  }

  private static void runUntilAsked(Server server) throws InterruptedException {
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  server.close();
                  LOGGER.atInfo().log("server stopped");
                  stopped.countDown();
                },
                "shutdown"));
    stopped.await();
  }

  private static void refuse(String sentence) {
    System.err.println("sandlot-server: " + sentence);
    System.exit(CONFIGURATION_INVALID);
  }
}
