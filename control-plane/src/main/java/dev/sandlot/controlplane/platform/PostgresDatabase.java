package dev.sandlot.controlplane.platform;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.sandlot.model.OperationFailure;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Properties;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.flywaydb.core.Flyway;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.StatementExceptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The database: pool, migrations, transactions. Stores (`Postgres…` classes) query through it.
/// Thread-safe.
public final class PostgresDatabase implements Transactions, AutoCloseable {
  /// The one channel on which all topics go; one LISTEN serves them all.
  static final String CHANNEL = "sandlot";

  private static final Logger LOGGER = LoggerFactory.getLogger(PostgresDatabase.class);

  /// Classes of SQLSTATE.
  private static final String CONNECTION_FAILED = "08";

  private static final String SHUTTING_DOWN = "57P";

  private static final Duration CONNECTION_WAIT_MAX = Duration.ofSeconds(10);
  private static final ScopedValue<Scope> CURRENT = ScopedValue.newInstance();

  /// The transaction a thread is in, and whom to wake when it is through.
  private record Scope(Handle handle, Set<String> topics) {}

  private final HikariDataSource pool;
  private final Jdbi jdbi;
  private final Signals signals;
  private final PostgresListener listener;

  private PostgresDatabase(HikariDataSource pool, Signals signals, PostgresListener listener) {
    this.pool = pool;
    this.jdbi = Jdbi.create(pool);
    // What is bound may be secret (a sandbox's variables): failures are logged without it.
    jdbi.getConfig(StatementExceptions.class)
        .setMessageRendering(StatementExceptions.MessageRendering.NONE);
    this.signals = signals;
    this.listener = listener;
  }

  /// Connects, brings the schema up to date, and listens for signals of other processes.
  ///
  /// @throws IllegalStateException when the database cannot be reached; the message says which
  public static PostgresDatabase open(DatabaseConfig config, Signals signals) {
    HikariDataSource pool = connect(config);
    try {
      Flyway.configure(PostgresDatabase.class.getClassLoader())
          .dataSource(pool)
          .locations("classpath:db/migration")
          .load()
          .migrate();
      PostgresListener listener =
          PostgresListener.start(config.jdbcUrl(), properties(config), CHANNEL, signals);
      return new PostgresDatabase(pool, signals, listener);
    } catch (RuntimeException e) {
      pool.close();
      throw e;
    }
  }

  private static HikariDataSource connect(DatabaseConfig config) {
    HikariConfig hikari = new HikariConfig();
    hikari.setPoolName("sandlot-database");
    hikari.setJdbcUrl(config.jdbcUrl());
    hikari.setDataSourceProperties(properties(config));
    hikari.setMaximumPoolSize(config.connectionsMax());
    hikari.setMinimumIdle(2);
    hikari.setConnectionTimeout(CONNECTION_WAIT_MAX.toMillis());
    hikari.setInitializationFailTimeout(CONNECTION_WAIT_MAX.toMillis());
    try {
      return new HikariDataSource(hikari);
    } catch (RuntimeException e) {
      throw new IllegalStateException(
          "cannot connect to " + config + "; is PostgreSQL running there, and is the role right?",
          e);
    }
  }

  private static Properties properties(DatabaseConfig config) {
    Properties properties = new Properties();
    config.user().ifPresent(user -> properties.setProperty("user", user));
    config.password().ifPresent(password -> properties.setProperty("password", password));
    config
        .socket()
        .ifPresent(path -> {
          properties.setProperty("socketFactory", UnixSocketFactory.class.getName());
          properties.setProperty("socketFactoryArg", path.toString());
          properties.setProperty("sslmode", "disable");
        });
    properties.setProperty("ApplicationName", "sandlot");
    properties.setProperty("logServerErrorDetail", "false");
    properties.setProperty("prepareThreshold", "2");
    properties.setProperty("reWriteBatchedInserts", "true");
    properties.putAll(config.options());
    return properties;
  }

  /// Runs queries in the transaction this thread is in, else in one of their own.
  public <T> T query(Function<Handle, T> work) {
    return run(() -> work.apply(CURRENT.get().handle()));
  }

  /// Runs one statement, in the transaction this thread is in, else without one around it: it costs
  /// one round trip.
  public <T> T single(Function<Handle, T> statement) {
    return CURRENT.isBound()
        ? statement.apply(CURRENT.get().handle())
        : reached(() -> jdbi.withHandle(statement::apply));
  }

  @Override
  public <T> T run(Supplier<T> work) {
    return transaction(work, false);
  }

  @Override
  public <T> T runRelaxed(Supplier<T> work) {
    return transaction(work, true);
  }

  private <T> T transaction(Supplier<T> work, boolean relaxed) {
    if (CURRENT.isBound()) {
      return work.get();
    }
    Set<String> topics = new LinkedHashSet<>();
    T result =
        reached(() ->
            jdbi.inTransaction(handle -> {
              Scope scope = new Scope(handle, topics);
              T value = ScopedValue.where(CURRENT, scope).call(work::get);
              finish(handle, topics, relaxed);
              return value;
            }));
    // Those in this process need not wait for the round trip through the database.
    topics.forEach(signals::raise);
    return result;
  }

  /// Tells a database that cannot be reached from a fault of ours: who asked may ask again.
  private static <T> T reached(Supplier<T> work) {
    try {
      return work.get();
    } catch (JdbiException e) {
      if (!unreachable(e)) {
        throw e;
      }
      LOGGER
          .atWarn()
          .addKeyValue("reason", String.valueOf(e.getMessage()))
          .log("the database cannot be reached");
      throw OperationFailure.unavailable(
          "the database cannot be reached now, try again in a moment");
    }
  }

  private static boolean unreachable(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLTransientConnectionException) {
        return true;
      }
      if (cause instanceof SQLException refused && refused.getSQLState() != null) {
        String state = refused.getSQLState();
        return state.startsWith(CONNECTION_FAILED) || state.startsWith(SHUTTING_DOWN);
      }
    }
    return false;
  }

  /// Does the last things of a transaction in one round trip, or none.
  private static void finish(Handle handle, Set<String> topics, boolean relaxed) {
    if (topics.isEmpty() && !relaxed) {
      return;
    }
    handle
        .createQuery(
            """
            SELECT count(pg_notify(:channel, topic)),
              CASE WHEN :relaxed THEN set_config('synchronous_commit', 'off', true) END
            FROM unnest(:topics) AS raised(topic)\
            """)
        .bind("channel", CHANNEL)
        .bind("relaxed", relaxed)
        .bindArray("topics", String.class, topics)
        .mapTo(Integer.class)
        .one();
  }

  @Override
  public void raise(String topic) {
    if (!CURRENT.isBound()) {
      throw new IllegalStateException("signals are raised inside of a transaction");
    }
    CURRENT.get().topics().add(topic);
  }

  /// Whether the database answers now.
  public boolean answers() {
    try {
      return jdbi.withHandle(
          handle -> handle.createQuery("SELECT 1").mapTo(Integer.class).one() == 1);
    } catch (RuntimeException _) {
      return false;
    }
  }

  @Override
  public void close() {
    listener.close();
    pool.close();
  }
}
