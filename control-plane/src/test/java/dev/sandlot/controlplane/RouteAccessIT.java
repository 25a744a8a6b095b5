package dev.sandlot.controlplane;

import static dev.sandlot.controlplane.ApiFixture.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.controlplane.access.Permission;
import dev.sandlot.controlplane.access.Policy;
import dev.sandlot.controlplane.access.Secret;
import dev.sandlot.http.Route;
import dev.sandlot.model.RunnerId;
import java.time.Instant;
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

/// Asks of every route that it keeps out whom it should, and lets in whom it should. All tests are
/// made from the route table: a route that is added is tested by that alone.
class RouteAccessIT {
  private static final Set<Permission> ALL = EnumSet.allOf(Permission.class);

  /// A body with what any of the operations must have; unknown fields are ignored.
  private static final String BODY =
      """
      {"labels":{"a":"b"},"networkBlockAll":true,"state":"stopped","status":"IN_PROGRESS",
       "metrics":{"cpu":8,"memoryGiB":64,"diskGiB":500}}\
      """;

  /// Parameters that name something which belongs to somebody.
  private static final Set<String> NAMING =
      Set.of("sandboxIdOrName", "sandboxId", "jobId", "id", "signedPreviewToken", "authToken");

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
        "INSERT INTO snapshots VALUES (?, ?, 'own', 'r', 'active', 1, 1, 3, now(), now(), NULL)",
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

    /// The path of a route with these in it.
    String path(Route<Policy> route) {
      String pattern = route.pattern().text();
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
      Predicate<Route<Policy>> which, Consumer<Route<Policy>> test) {
    List<DynamicTest> tests =
        api.plane.routes().routes().stream()
            .filter(which)
            .map(route ->
                DynamicTest.dynamicTest(
                    route.method() + " " + route.pattern().text(), () -> test.accept(route)))
            .toList();
    assertThat(tests).isNotEmpty();
    return tests.stream();
  }

  private static ApiFixture.Answer call(String key, Route<Policy> route, String path) {
    String body = route.method().equals("POST") || route.method().equals("PUT") ? BODY : "";
    return api.call(key, route.method(), path, body);
  }

  /// The key of one who may call.
  private static String rightful(Policy policy) {
    return switch (policy) {
      case Policy.Anyone _ -> "";
      case Policy.Key _, Policy.KeyOrProxy _ -> ownerKey;
      case Policy.Runner _ -> api.runnerKey;
      case Policy.Proxy _ -> api.proxyKey;
      case Policy.Health _ -> api.healthKey;
    };
  }

  /// Keys of kinds that may not call.
  private static List<String> wrongKinds(Policy policy) {
    return switch (policy) {
      case Policy.Anyone _ -> List.of();
      case Policy.Key _ -> List.of(api.runnerKey, api.proxyKey, api.healthKey);
      case Policy.KeyOrProxy _ -> List.of(api.runnerKey, api.healthKey);
      case Policy.Runner _ -> List.of(ownerKey, api.adminKey, api.proxyKey, api.healthKey);
      case Policy.Proxy _ -> List.of(ownerKey, api.adminKey, api.runnerKey, api.healthKey);
      case Policy.Health _ -> List.of(ownerKey, api.runnerKey, api.proxyKey);
    };
  }

  private static boolean named(Route<Policy> route) {
    return NAMING.stream()
        .anyMatch(parameter -> route.pattern().text().contains("{" + parameter + "}"));
  }

  @TestFactory
  Stream<DynamicTest> letsInWhomItShould() {
    return each(
        _ -> true,
        route -> {
          String path = Belongings.make().path(route);

          assertThat(call(rightful(route.access()), route, path).status())
              .isNotIn(401, 403, 404, 500, 501);
        });
  }

  @TestFactory
  Stream<DynamicTest> refusesMissingWrongRevokedAndExpiredKeys() {
    return each(
        route -> !(route.access() instanceof Policy.Anyone),
        route -> {
          String path = Belongings.make().path(route);
          String revoked = api.key(owner, ALL);
          assertThat(api.call(revoked, "GET", "/api-keys/current", "").status()).isEqualTo(200);
          api.revoke(owner, revoked);
          String expired = api.key(owner, ALL, Optional.of(Instant.now().minusSeconds(1)));

          for (String key :
              List.of("", Secret.random().text(), revoked, expired, "x", "eyJ.e30.x")) {
            assertRefused(call(key, route, path), 401);
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> refusesKeysOfOtherKinds() {
    return each(
        route -> !(route.access() instanceof Policy.Anyone),
        route -> {
          String path = Belongings.make().path(route);

          for (String key : wrongKinds(route.access())) {
            assertRefused(call(key, route, path), 401);
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> refusesKeysThatLackAPermission() {
    return each(
        route -> route.access() instanceof Policy.Key(Set<Permission> all) && !all.isEmpty(),
        route -> {
          Belongings belongings = Belongings.make();
          for (Permission needed : ((Policy.Key) route.access()).permissions()) {
            String key = api.key(owner, EnumSet.complementOf(EnumSet.of(needed)));

            ApiFixture.Answer answer = call(key, route, belongings.path(route));

            assertRefused(answer, 403);
            assertThat(answer.text("message")).contains(needed.wire());
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> hidesWhatIsAnothersAndLeavesItAlone() {
    return each(
        route ->
            named(route)
                && !(route.access() instanceof Policy.Proxy)
                && !(route.access() instanceof Policy.Anyone),
        route -> {
          Belongings belongings = Belongings.make();
          String path = belongings.path(route);
          String before = api.call(ownerKey, "GET", "/sandbox/" + belongings.sandbox(), "").body();

          String key = route.access() instanceof Policy.Runner ? otherRunnerKey : strangerKey;
          assertRefused(call(key, route, path), 404);

          String after = api.call(ownerKey, "GET", "/sandbox/" + belongings.sandbox(), "").body();
          assertThat(after).isEqualTo(before);
        });
  }

  @TestFactory
  Stream<DynamicTest> listsNothingThatIsAnothers() {
    return each(
        route ->
            route.method().equals("GET")
                && !route.pattern().text().contains("{")
                && !(route.access() instanceof Policy.Anyone),
        route -> {
          Belongings belongings = Belongings.make();
          boolean ofRunner = route.access() instanceof Policy.Runner;
          String key = ofRunner ? otherRunnerKey : strangerKey;

          assertThat(call(key, route, belongings.path(route)).body())
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
        route -> {
          String key = rightful(route.access());
          String nowhere =
              Pattern.compile("\\{([^}]*)}")
                  .matcher(route.pattern().text())
                  .replaceAll(match ->
                      switch (match.group(1)) {
                        case "port", "interval" -> "7";
                        case "isPublic" -> "true";
                        default -> UUID.randomUUID().toString();
                      });

          assertRefused(call(key, route, nowhere), 404);
        });
  }
}
