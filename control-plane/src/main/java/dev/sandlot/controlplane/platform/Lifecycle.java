package dev.sandlot.controlplane.platform;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The life of one kind of thing as a table: in which state which event leads where, and what is to
/// be done about it. Pure: it decides and does nothing. Immutable.
///
/// @param <S> states
/// @param <E> events
/// @param <C> commands, values that say what to do
public final class Lifecycle<S extends Enum<S>, E extends Enum<E>, C> {
  private final String name;
  private final S first;
  private final S last;
  private final List<Row<S, E, C>> rows;
  private final Map<S, Map<E, Row<S, E, C>>> index;

  private Lifecycle(Builder<S, E, C> builder) {
    this.name = builder.name;
    this.first = builder.first;
    this.last = builder.last;
    this.rows = List.copyOf(builder.rows);
    this.index = new EnumMap<>(first.getDeclaringClass());
    for (Row<S, E, C> row : rows) {
      Map<E, Row<S, E, C>> ofState =
          index.computeIfAbsent(row.in, _ -> new EnumMap<>(row.on.getDeclaringClass()));
      if (ofState.put(row.on, row) != null) {
        throw new IllegalArgumentException(name + " has two rows for " + row.in + ", " + row.on);
      }
    }
    if (index.containsKey(last)) {
      throw new IllegalArgumentException(name + " has a row that leads out of " + last);
    }
  }

  /// One line of the table.
  public record Row<S, E, C>(S in, E on, S next, C command) {}

  /// What an event leads to.
  public sealed interface Outcome<S, C> {
    /// Go there and do this.
    record Accepted<S, C>(S next, C command) implements Outcome<S, C> {}

    /// The event has no place in this state: nothing happens.
    record Refused<S, C>(S state) implements Outcome<S, C> {}
  }

  public Outcome<S, C> apply(S state, E event) {
    Row<S, E, C> row = index.getOrDefault(state, Map.of()).get(event);
    return row == null
        ? new Outcome.Refused<>(state)
        : new Outcome.Accepted<>(row.next, row.command);
  }

  public List<Row<S, E, C>> rows() {
    return rows;
  }

  /// The table as a PlantUML state diagram.
  public String diagram() {
    StringBuilder text =
        new StringBuilder("@startuml\ntitle " + name + "\n[*] --> " + first + "\n");
    for (Row<S, E, C> row : rows) {
      text.append(row.in).append(" --> ").append(row.next).append(" : ").append(row.on);
      text.append(" / ").append(row.command).append('\n');
    }
    return text.append(last).append(" --> [*]\n@enduml\n").toString();
  }

  /// @param first the state in which everything begins
  /// @param last the one in which everything ends
  public static <S extends Enum<S>, E extends Enum<E>, C> Builder<S, E, C> named(
      String name, S first, S last) {
    return new Builder<>(name, first, last);
  }

  /// Collects rows.
  public static final class Builder<S extends Enum<S>, E extends Enum<E>, C> {
    private final String name;
    private final S first;
    private final S last;
    private final List<Row<S, E, C>> rows = new ArrayList<>();

    private Builder(String name, S first, S last) {
      this.name = name;
      this.first = first;
      this.last = last;
    }

    public Builder<S, E, C> row(S in, E on, S next, C command) {
      rows.add(new Row<>(in, on, next, command));
      return this;
    }

    public Lifecycle<S, E, C> build() {
      return new Lifecycle<>(this);
    }
  }

  /// The row for an event in a state, for tests that walk the table.
  public Optional<Row<S, E, C>> row(S state, E event) {
    return Optional.ofNullable(index.getOrDefault(state, Map.of()).get(event));
  }
}
