package dev.sandlot.controlplane.platform;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// How values of ours lie in columns. For `Postgres…` classes.
public final class Columns {
  private Columns() {}

  /// A constant's name as a statement spells it out: `'STARTED'`. For conditions that must be those
  /// of a partial index; elsewhere names are bound.
  public static String literal(Enum<?> constant) {
    return "'" + constant.name() + "'";
  }

  /// The same of several: `('STARTED', 'STOPPED')`.
  public static String literals(Stream<? extends Enum<?>> constants) {
    return constants.map(Columns::literal).collect(Collectors.joining(", ", "(", ")"));
  }

  public static OffsetDateTime time(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }

  public static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }

  public static Optional<Instant> instantIfAny(ResultSet row, String column) throws SQLException {
    return Optional.ofNullable(row.getObject(column, OffsetDateTime.class))
        .map(OffsetDateTime::toInstant);
  }

  public static UUID uuid(ResultSet row, String column) throws SQLException {
    return row.getObject(column, UUID.class);
  }

  public static Optional<UUID> uuidIfAny(ResultSet row, String column) throws SQLException {
    return Optional.ofNullable(row.getObject(column, UUID.class));
  }

  public static Optional<String> textIfAny(ResultSet row, String column) throws SQLException {
    return Optional.ofNullable(row.getString(column));
  }
}
