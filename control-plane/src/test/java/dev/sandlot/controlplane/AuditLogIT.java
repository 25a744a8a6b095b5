package dev.sandlot.controlplane;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sandlot.controlplane.operation.AuditLog;
import dev.sandlot.controlplane.operation.Permission;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/// What is written down of what users do.
class AuditLogIT {
  private static final Logger LOGGER = (Logger) LoggerFactory.getLogger(AuditLog.class);

  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private ApiFixture api;
  private FakeRunner runner;
  private ApiFixture.Tenant owner;

  @BeforeEach
  void start() {
    api = new ApiFixture();
    runner = new FakeRunner(api).start();
    owner = api.tenant("owner");
    lines.start();
    LOGGER.setLevel(Level.INFO);
    LOGGER.addAppender(lines);
  }

  @AfterEach
  void stop() {
    LOGGER.detachAppender(lines);
    runner.close();
    api.close();
  }

  /// The lines once there are so many: an answer may be there before its line is.
  private List<Map<String, String>> written(int count) {
    Await.until(() -> List.copyOf(lines.list).size() >= count);
    return List.copyOf(lines.list).stream()
        .map(event ->
            event.getKeyValuePairs().stream()
                .collect(Collectors.toMap(pair -> pair.key, pair -> String.valueOf(pair.value))))
        .toList();
  }

  @Test
  void saysWhoDidWhatToWhichSandboxAndHowItEnded() {
    String key = api.key(owner, EnumSet.allOf(Permission.class));
    String sandbox = api.call(key, "POST", "/sandbox", "{}").text("id");

    api.call(key, "POST", "/sandbox/" + sandbox + "/autostop/5", "");
    api.call(key, "GET", "/sandbox/" + sandbox, "");
    api.call(key, "POST", "/sandbox/" + sandbox + "/autostop/many", "");

    List<Map<String, String>> written = written(3);
    assertThat(written)
        .extracting(line -> line.get("operation") + " " + line.get("outcome"))
        .containsExactlyInAnyOrder(
            "createSandbox done", "setAutostopInterval done", "setAutostopInterval BAD_REQUEST");
    assertThat(written)
        .filteredOn(line -> "setAutostopInterval".equals(line.get("operation")))
        .allSatisfy(line ->
            assertThat(line)
                .containsEntry("action", "set_auto_stop_interval")
                .containsEntry("target", "sandbox")
                .containsEntry("id", sandbox)
                .containsEntry("organization", owner.organization().toString()));
  }

  @Test
  void namesNothingThatIsAnothers() {
    String key = api.key(owner, EnumSet.allOf(Permission.class));
    String sandbox = api.call(key, "POST", "/sandbox", "{}").text("id");
    String stranger = api.key(api.tenant("stranger"), EnumSet.allOf(Permission.class));
    api.call(stranger, "DELETE", "/sandbox/" + sandbox, "");

    assertThat(written(2))
        .filteredOn(line -> "deleteSandbox".equals(line.get("operation")))
        .singleElement()
        .satisfies(
            line -> assertThat(line).containsEntry("outcome", "NOT_FOUND").doesNotContainKey("id"));
  }
}
