package dev.sandlot.controlplane.platform;

import com.google.re2j.Pattern;
import dev.sandlot.http.Exchange;
import dev.sandlot.model.OperationFailure;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;

/// A request's query, read parameter by parameter. Empty values count as absent; what does not fit
/// is a 400 that names the parameter.
public final class QueryParameters {
  /// One spelling for each number: a second reader of the same text must not see another one.
  private static final Pattern WHOLE_NUMBER = Pattern.compile("0|-?[1-9][0-9]{0,9}");

  private final Exchange exchange;

  public QueryParameters(Exchange exchange) {
    this.exchange = exchange;
  }

  public Optional<String> text(String name) {
    return exchange
        .query(name)
        .filter(value -> !value.isEmpty())
        .map(value -> storable(name, value));
  }

  /// All values of a repeated parameter.
  public List<String> texts(String name) {
    return exchange.queryAll(name).stream()
        .filter(value -> !value.isEmpty())
        .map(value -> storable(name, value))
        .toList();
  }

  private static String storable(String name, String value) {
    if (value.indexOf('\0') >= 0) {
      throw OperationFailure.badRequest(name + " must not hold NUL characters");
    }
    return value;
  }

  /// A whole number between the two, inclusive.
  public Optional<Integer> integer(String name, int least, int most) {
    return text(name).map(value -> integer(name, value, least, most));
  }

  /// Reads a whole number between the two, inclusive.
  ///
  /// @param name of the parameter, for the message
  /// @throws OperationFailure BAD_REQUEST when it is none
  public static int integer(String name, String value, int least, int most) {
    if (WHOLE_NUMBER.matcher(value).matches()) {
      long number = Long.parseLong(value);
      if (number >= least && number <= most) {
        return (int) number;
      }
    }
    throw OperationFailure.badRequest(
        name + " must be a whole number from " + least + " to " + most);
  }

  /// True or false, in these words alone.
  public Optional<Boolean> bool(String name) {
    return text(name)
        .map(value ->
            switch (value) {
              case "true" -> true;
              case "false" -> false;
              default -> throw OperationFailure.badRequest(name + " must be true or false");
            });
  }

  /// As options of commands read it: false when it is absent.
  public boolean option(String name) {
    return bool(name).orElse(false);
  }

  /// An ISO-8601 time; a day alone counts from its beginning in UTC.
  public Optional<Instant> time(String name) {
    return text(name)
        .map(value -> {
          try {
            return value.contains("T")
                ? OffsetDateTime.parse(value).toInstant()
                : LocalDate.parse(value).atStartOfDay(ZoneOffset.UTC).toInstant();
          } catch (DateTimeParseException _) {
            throw OperationFailure.badRequest(
                name + " must be a time such as 2026-01-31T12:00:00.000Z");
          }
        });
  }
}
