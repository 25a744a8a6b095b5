package dev.sandlot.runner.toolbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// No operation without a test of what it is for, and of an error of it, on both engines. It reads
/// what all others were answered, and runs after them, in an execution of its own (pom.xml).
class OperationResultsCheck {
  /// They take nothing that could be wrong. That a sandbox does not run is tested for every
  /// operation alike (ToolboxSandboxContract).
  private static final SortedSet<String> WITHOUT_ERRORS =
      new TreeSet<>(
          Set.of(
              "GET /computeruse/recordings",
              "GET /port",
              "GET /process/interpreter/context",
              "GET /process/pty",
              "GET /process/session",
              "GET /process/session/entrypoint",
              "GET /process/session/entrypoint/logs",
              "GET /system/metrics",
              "GET /user-home-dir",
              "GET /version",
              "GET /work-dir"));

  private static OperationResults results = OperationResults.empty();

  @BeforeAll
  static void read() {
    results = OperationResults.ofThisBuild();
  }

  @ParameterizedTest
  @ValueSource(strings = {"runsc", "runc"})
  void everyOperationSucceededInSomeTest(String engine) {
    assertThat(without(engine, status -> status < 300 || status == 1000)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"runsc", "runc"})
  void everyOperationFailedInSomeTest(String engine) {
    assertThat(without(engine, status -> status >= 400 && status != 1000).keySet())
        .isEqualTo(WITHOUT_ERRORS);
  }

  /// Not the codes of closed WebSockets: a test need not wait for the one that its viewer gets.
  @Test
  void bothEnginesAnsweredTheSame() {
    Map<String, String> different = new TreeMap<>();
    for (String operation : OperationResults.operations()) {
      SortedSet<Integer> runsc = results.of("runsc", operation).headSet(1_000);
      SortedSet<Integer> runc = results.of("runc", operation).headSet(1_000);
      if (!runsc.equals(runc)) {
        different.put(operation, "runsc " + runsc + ", runc " + runc);
      }
    }
    assertThat(different).isEmpty();
  }

  /// The operations that never gave such an answer, with those that they gave.
  private static Map<String, SortedSet<Integer>> without(String engine, IntPredicate wanted) {
    Map<String, SortedSet<Integer>> lacking = new TreeMap<>();
    for (String operation : OperationResults.operations()) {
      SortedSet<Integer> seen = results.of(engine, operation);
      if (seen.stream().noneMatch(wanted::test)) {
        lacking.put(operation, seen);
      }
    }
    return lacking;
  }
}
