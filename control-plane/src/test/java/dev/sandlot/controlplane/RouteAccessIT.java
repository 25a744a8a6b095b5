package dev.sandlot.controlplane;

import static dev.sandlot.controlplane.ApiFixture.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.controlplane.access.Secret;
import dev.sandlot.controlplane.operation.Access;
import dev.sandlot.controlplane.operation.CallerKind;
import dev.sandlot.controlplane.operation.Permission;
import dev.sandlot.controlplane.operation.Rules;
import dev.sandlot.http.Operation;
import dev.sandlot.model.RunnerId;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Asks of every operation that it keeps out whom it should, and lets in whom it should. All tests
/// are made from the table of operations: one that is added is tested by that alone.
class RouteAccessIT {
  private static final Set<Permission> ALL = EnumSet.allOf(Permission.class);

  /// A body with what any of the operations must have; unknown fields are ignored.
  private static final String BODY =
      """
      {"labels":{"a":"b"},"networkBlockAll":true,"state":"stopped","status":"IN_PROGRESS",
       "metrics":{"cpu":8,"memoryGiB":64,"diskGiB":500}}\
      """;

  private static ApiFixture api;
  private static FakeRunner runner;
  private static ApiFixture.Tenant owner;
  private static ApiFixture.Tenant stranger;
  private static String ownerKey;
  private static String strangerKey;
  private static String otherRunnerKey;
  private static UUID snapshot;

  @BeforeAll
  static void start() {
    api = new ApiFixture();
    runner = new FakeRunner(api).start();
    owner = api.tenant("owner");
    stranger = api.tenant("stranger");
    ownerKey = api.key(owner, ALL);
    strangerKey = api.key(stranger, ALL);
    UUID organization = owner.organization().value();
    api.execute(
        "INSERT INTO regions VALUES ('own', 'own', ?, 'custom', now(), now())", organization);
    snapshot = UUID.randomUUID();
    api.execute(
        "INSERT INTO snapshots VALUES (?, ?, 'own', 'active', 1, 1, 3, now(), now(), NULL)",
        snapshot,
        organization);
    RunnerId other = RunnerId.random();
    api.execute(
        "INSERT INTO runners (id, name, region_id, created_at, updated_at)"
            + " VALUES (?, 'other', 'local', now(), now())",
        other.value());
    otherRunnerKey =
        api.plane.apiKeys().ensureRunner(other, Optional.empty()).map(Secret::text).orElseThrow();
  }

  @AfterAll
  static void stop() {
    runner.close();
    api.close();
  }

  /// A sandbox of the owner with all that hangs on it, for one test.
  private record Belongings(String sandbox, Map<String, String> values) {
    static Belongings make() {
      String id = api.call(ownerKey, "POST", "/sandbox", "{\"public\":true}").text("id");
      String ports = "/sandbox/" + id + "/ports/3000/";
      String signed = api.call(ownerKey, "GET", ports + "signed-preview-url", "").text("token");
      // Who asks whether a token is valid names no port: that is the toolbox's.
      String toolbox = "/sandbox/" + id + "/ports/2280/preview-url";
      String token = api.call(ownerKey, "GET", toolbox, "").text("token");
      api.call(ownerKey, "GET", "/sandbox/" + id + "/signing-key", "");
      String job =
          runner.seen.stream()
              .filter(one -> one.path("resourceId").asString().equals(id))
              .map(one -> one.path("id").asString())
              .findFirst()
              .orElseThrow();
      return new Belongings(
          id,
          Map.of(
              "sandboxIdOrName",
              id,
              "sandboxId",
              id,
              "jobId",
              job,
              "port",
              "3000",
              "interval",
              "5",
              "isPublic",
              "true",
              "token",
              signed,
              "signedPreviewToken",
              signed,
              "authToken",
              token));
    }

    /// The path of an operation with these in it.
    String path(Operation<Rules> operation) {
      String pattern = operation.path().text();
      String query = pattern.equals("/jobs/poll") ? "?timeout=0" : "";
      return Pattern.compile("\\{([^}]*)}")
              .matcher(pattern)
              .replaceAll(match -> value(pattern, match.group(1)))
          + query;
    }

    private String value(String pattern, String parameter) {
      if (pattern.startsWith("/regions/")) {
        return "own";
      }
      if (pattern.startsWith("/snapshots/")) {
        return snapshot.toString();
      }
      return Optional.ofNullable(values.get(parameter))
          .orElseThrow(() ->
              new AssertionError("say here what {" + parameter + "} of " + pattern + " can be"));
    }
  }

  private static Stream<DynamicTest> each(
      Predicate<Operation<Rules>> which, Consumer<Operation<Rules>> test) {
    List<DynamicTest> tests =
        api.plane.operations().operations().stream()
            .filter(which)
            .map(operation ->
                DynamicTest.dynamicTest(
                    operation.method() + " " + operation.path().text(),
                    () -> test.accept(operation)))
            .toList();
    assertThat(tests).isNotEmpty();
    return tests.stream();
  }

  private static ApiFixture.Answer call(String key, Operation<Rules> operation, String path) {
    String body = operation.method().equals("POST") || operation.method().equals("PUT") ? BODY : "";
    return api.call(key, operation.method(), path, body);
  }

  private static String keyOf(CallerKind kind) {
    return switch (kind) {
      case USER_KEY -> ownerKey;
      case RUNNER -> api.runnerKey;
      case PROXY -> api.proxyKey;
      case MONITOR -> api.healthKey;
      case ADMINISTRATOR -> api.adminKey;
    };
  }

  /// Keys of those who may call.
  private static List<String> rightful(Operation<Rules> operation) {
    return switch (operation.rules().access()) {
      case Access.Anyone() -> List.of("");
      case Access.Only(Set<CallerKind> kinds, _) ->
          kinds.stream().sorted().map(RouteAccessIT::keyOf).toList();
    };
  }

  /// Keys of kinds that may not call. An administrator's is a user's too.
  private static List<String> wrongKinds(Operation<Rules> operation) {
    return switch (operation.rules().access()) {
      case Access.Anyone() -> List.of();
      case Access.Only(Set<CallerKind> kinds, _) ->
          Arrays.stream(CallerKind.values())
              .filter(kind -> !kinds.contains(kind))
              .filter(
                  kind -> kind != CallerKind.ADMINISTRATOR || !kinds.contains(CallerKind.USER_KEY))
              .map(RouteAccessIT::keyOf)
              .toList();
    };
  }

  private static boolean open(Operation<Rules> operation) {
    return operation.rules().access() instanceof Access.Anyone;
  }

  private static boolean openTo(CallerKind kind, Operation<Rules> operation) {
    return operation.rules().access() instanceof Access.Only only && only.kinds().contains(kind);
  }

  private static Set<Permission> permissions(Operation<Rules> operation) {
    return operation.rules().access() instanceof Access.Only only ? only.permissions() : Set.of();
  }

  /// Whether something is named that belongs to somebody. A signed token does by itself.
  private static boolean named(Operation<Rules> operation) {
    return operation.rules().resource().isPresent()
        || operation.path().text().contains("{signedPreviewToken}");
  }

  @TestFactory
  Stream<DynamicTest> letsInWhomItShould() {
    return each(
        _ -> true,
        operation -> {
          for (String key : rightful(operation)) {
            int status = call(key, operation, Belongings.make().path(operation)).status();

            assertThat(status).isNotIn(401, 403, 404, 500, 501);
            if (status < 300) {
              assertThat(status).isEqualTo(operation.success());
            }
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> refusesMissingWrongRevokedAndExpiredKeys() {
    return each(
        operation -> !open(operation),
        operation -> {
          String path = Belongings.make().path(operation);
          String revoked = api.key(owner, ALL);
          assertThat(api.call(revoked, "GET", "/api-keys/current", "").status()).isEqualTo(200);
          api.revoke(owner, revoked);
          String expired = api.key(owner, ALL, Optional.of(Instant.now().minusSeconds(1)));

          for (String key :
              List.of("", Secret.random().text(), revoked, expired, "x", "eyJ.e30.x")) {
            assertRefused(call(key, operation, path), 401);
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> refusesKeysOfOtherKinds() {
    return each(
        operation -> !open(operation),
        operation -> {
          String path = Belongings.make().path(operation);

          for (String key : wrongKinds(operation)) {
            assertRefused(call(key, operation, path), 401);
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> refusesKeysThatLackAPermission() {
    return each(
        operation -> !permissions(operation).isEmpty(),
        operation -> {
          Belongings belongings = Belongings.make();
          for (Permission needed : permissions(operation)) {
            String key = api.key(owner, EnumSet.complementOf(EnumSet.of(needed)));

            ApiFixture.Answer answer = call(key, operation, belongings.path(operation));

            assertRefused(answer, 403);
            assertThat(answer.text("message")).contains(needed.wire());
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> hidesWhatIsAnothersAndLeavesItAlone() {
    return each(
        operation ->
            named(operation)
                && (openTo(CallerKind.USER_KEY, operation) || openTo(CallerKind.RUNNER, operation)),
        operation -> {
          Belongings belongings = Belongings.make();
          String path = belongings.path(operation);
          String before = api.call(ownerKey, "GET", "/sandbox/" + belongings.sandbox(), "").body();

          String key = openTo(CallerKind.RUNNER, operation) ? otherRunnerKey : strangerKey;
          assertRefused(call(key, operation, path), 404);

          String after = api.call(ownerKey, "GET", "/sandbox/" + belongings.sandbox(), "").body();
          assertThat(after).isEqualTo(before);
        });
  }

  @TestFactory
  Stream<DynamicTest> listsNothingThatIsAnothers() {
    return each(
        operation ->
            operation.method().equals("GET")
                && !operation.path().text().contains("{")
                && !open(operation),
        operation -> {
          Belongings belongings = Belongings.make();
          boolean ofRunner = openTo(CallerKind.RUNNER, operation);
          String key = ofRunner ? otherRunnerKey : strangerKey;

          assertThat(call(key, operation, belongings.path(operation)).body())
              .doesNotContain(belongings.sandbox())
              .doesNotContain(snapshot.toString())
              .doesNotContain("\"own\"")
              .doesNotContain(owner.organization().toString());
        });
  }

  @TestFactory
  Stream<DynamicTest> answersNotFoundForWhatDoesNotExist() {
    return each(
        RouteAccessIT::named,
        operation -> {
          String key = rightful(operation).getFirst();
          String nowhere =
              Pattern.compile("\\{([^}]*)}")
                  .matcher(operation.path().text())
                  .replaceAll(match ->
                      switch (match.group(1)) {
                        case "port", "interval" -> "7";
                        case "isPublic" -> "true";
                        default -> UUID.randomUUID().toString();
                      });

          assertRefused(call(key, operation, nowhere), 404);
        });
  }
}
