package dev.sandlot.toolbox;

import dev.sandlot.http.Endpoint;
import dev.sandlot.http.Operation;
import dev.sandlot.http.OperationTable;
import dev.sandlot.http.PathPattern;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/// The operations of the contract that this build does not serve, from
/// api/unrouted-toolbox-operations.txt: one line "METHOD /path" each. Immutable.
///
/// @param table with these lines as ids and as rules
record UnroutedOperations(OperationTable<String> table) {
  private static final String FILE = "/unrouted-toolbox-operations.txt";
  private static final int NOT_IMPLEMENTED = 501;
  private static final Endpoint NONE = _ -> {};

  static UnroutedOperations load() {
    try (InputStream in = UnroutedOperations.class.getResourceAsStream(FILE)) {
      if (in == null) {
        throw new IllegalStateException("the build lacks " + FILE);
      }
      List<Operation<String>> operations =
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.isBlank() && !line.startsWith("#"))
              .map(UnroutedOperations::operation)
              .toList();
      return new UnroutedOperations(new OperationTable<>(operations));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Operation<String> operation(String line) {
    int space = line.indexOf(' ');
    PathPattern path = new PathPattern(line.substring(space + 1));
    return new Operation<>(line, line.substring(0, space), path, NOT_IMPLEMENTED, line, NONE);
  }

  /// The operation as the contract writes it.
  Optional<String> find(String method, String rawPath) {
    return table.find(method, rawPath).map(match -> match.operation().rules());
  }
}
