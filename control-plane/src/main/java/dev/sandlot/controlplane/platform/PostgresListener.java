package dev.sandlot.controlplane.platform;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Hears what other processes on the database signal, on one connection of its own. When it breaks,
/// a new one is made, and everyone is woken, since signals may have been missed meanwhile.
final class PostgresListener implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(PostgresListener.class);
  private static final Duration WAIT = Duration.ofSeconds(30);
  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(500);

  private final String jdbcUrl;
  private final Properties properties;
  private final String channel;
  private final Signals signals;
  private final Thread thread;
  private volatile boolean closed;
  private volatile @Nullable Connection connection;

  private PostgresListener(String jdbcUrl, Properties properties, String channel, Signals signals) {
    this.jdbcUrl = jdbcUrl;
    this.properties = properties;
    this.channel = channel;
    this.signals = signals;
    this.thread = Thread.ofPlatform().name("database-signals").daemon().unstarted(this::listen);
  }

  static PostgresListener start(
      String jdbcUrl, Properties properties, String channel, Signals signals) {
    PostgresListener listener = new PostgresListener(jdbcUrl, properties, channel, signals);
    listener.thread.start();
    return listener;
  }

  private void listen() {
    while (!closed) {
      try (Connection opened = DriverManager.getConnection(jdbcUrl, properties)) {
        connection = opened;
        try (Statement statement = opened.createStatement()) {
          statement.execute("LISTEN " + channel);
        }
        signals.raiseAll();
        receive(opened.unwrap(PGConnection.class));
      } catch (SQLException e) {
        pause(e);
      }
    }
  }

  private void receive(PGConnection source) throws SQLException {
    while (!closed) {
      PGNotification[] received = source.getNotifications((int) WAIT.toMillis());
      if (received != null) {
        for (PGNotification notification : received) {
          signals.raise(notification.getParameter());
        }
      }
    }
  }

  private void pause(SQLException cause) {
    if (closed) {
      return;
    }
    LOGGER
        .atWarn()
        .addKeyValue("reason", cause.getMessage())
        .log("lost the connection for signals, trying again");
    try {
      Thread.sleep(PAUSE_AFTER_FAILURE);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      closed = true;
    }
  }

  @Override
  public void close() {
    closed = true;
    Connection current = connection;
    if (current != null) {
      try {
        current.abort(Runnable::run);
      } catch (SQLException e) {
        LOGGER.atDebug().setCause(e).log("the connection for signals was closed already");
      }
    }
    thread.interrupt();
  }
}
