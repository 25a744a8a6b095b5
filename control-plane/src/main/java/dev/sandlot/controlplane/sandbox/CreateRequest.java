package dev.sandlot.controlplane.sandbox;

import com.google.re2j.Pattern;
import dev.sandlot.controlplane.sandbox.store.Intervals;
import dev.sandlot.controlplane.sandbox.store.Sandbox;
import dev.sandlot.http.BodyReader;
import dev.sandlot.model.OperationFailure;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// What a client wants of a new sandbox (docs/contract/sandboxes.md#creating), checked as far as
/// the request alone says. Fields that this build cannot honour are refused by name, never ignored.
///
/// @param snapshot name or id; empty: the default one
/// @param region name or id; empty: the organisation's
record CreateRequest(
    Optional<String> name,
    Optional<String> snapshot,
    String user,
    Map<String, String> env,
    Optional<String> region,
    Sandbox.Settings settings) {
  private static final String DEFAULT_USER = "daytona";
  private static final String RESERVED_LABELS = "sandlot.dev/";
  private static final Pattern USER = Pattern.compile("[a-z_][a-z0-9_-]{0,31}|[0-9]{1,9}");
  private static final Pattern ENV_KEY = Pattern.compile("[^=\\s[:cntrl:]]+");

  private static final List<String> NOT_BUILT =
      List.of(
          "buildInfo",
          "gpu",
          "gpuType",
          "kvm",
          "volumes",
          "linkedSandbox",
          "domainAllowList",
          "secrets",
          "spot",
          "outboundProxyUrl",
          "otelEndpointOverride",
          "autoPauseInterval",
          "ttlMinutes");

  CreateRequest {
    env = Map.copyOf(env);
  }

  /// @throws OperationFailure BAD_REQUEST for whatever does not fit
  static CreateRequest read(BodyReader body) {
    refuseNotBuilt(body);
    return new CreateRequest(
        body.text("name", RequestLimits.NAME_LENGTH_MAX)
            .filter(name -> !name.isEmpty())
            .map(SandboxName::checked),
        body.text("snapshot", RequestLimits.SNAPSHOT_LENGTH_MAX).filter(text -> !text.isEmpty()),
        user(body),
        env(body),
        body.text("target", RequestLimits.REGION_LENGTH_MAX).filter(text -> !text.isEmpty()),
        new Sandbox.Settings(
            labels(body).orElse(Map.of()),
            body.flag("public").orElse(false),
            NetworkChange.of(
                    body.flag("networkBlockAll"),
                    body.text("networkAllowList", RequestLimits.LIST_LENGTH_MAX))
                .policy(),
            intervals(body)));
  }

  private static void refuseNotBuilt(BodyReader body) {
    for (String field : NOT_BUILT) {
      if (body.asks(field)) {
        throw OperationFailure.badRequest(
            field + " is not supported by this server yet; leave it out");
      }
    }
    for (String field : List.of("cpu", "memory", "disk")) {
      int value = body.integer(field, 0, Integer.MAX_VALUE).orElse(0);
      if (value != 0) {
        throw OperationFailure.badRequest(
            field + " can only be set when an image is built; a snapshot brings its own resources");
      }
    }
  }

  private static String user(BodyReader body) {
    String user =
        body.text("user", RequestLimits.NAME_LENGTH_MAX)
            .filter(text -> !text.isEmpty())
            .orElse(DEFAULT_USER);
    if (!USER.matcher(user).matches()) {
      throw OperationFailure.badRequest(
          "user must be a user's name in the image, such as daytona or root, or its number");
    }
    return user;
  }

  private static Map<String, String> env(BodyReader body) {
    Map<String, String> env =
        body.textMap(
                "env",
                RequestLimits.ENV_MAX,
                RequestLimits.ENV_KEY_LENGTH_MAX,
                RequestLimits.ENV_VALUE_LENGTH_MAX)
            .orElse(Map.of());
    for (String key : env.keySet()) {
      if (!ENV_KEY.matcher(key).matches()) {
        throw OperationFailure.badRequest(
            "a name in env must not hold '=', spaces or control characters");
      }
    }
    return env;
  }

  static Optional<Map<String, String>> labels(BodyReader body) {
    Optional<Map<String, String>> labels =
        body.textMap(
            "labels",
            RequestLimits.LABELS_MAX,
            RequestLimits.LABEL_KEY_LENGTH_MAX,
            RequestLimits.LABEL_VALUE_LENGTH_MAX);
    labels.ifPresent(given -> given.keySet().forEach(CreateRequest::refuseReserved));
    return labels;
  }

  /// What we may say of a sandbox by a label one day is not for its owner to say.
  private static void refuseReserved(String label) {
    if (label.strip().toLowerCase(Locale.ROOT).startsWith(RESERVED_LABELS)) {
      throw OperationFailure.badRequest(
          "labels: names that begin with " + RESERVED_LABELS + " are reserved; choose another");
    }
  }

  private static Intervals intervals(BodyReader body) {
    Intervals intervals = Intervals.DEFAULT;
    Optional<Integer> stop = minutes(body, "autoStopInterval");
    Optional<Integer> archive = minutes(body, "autoArchiveInterval");
    Optional<Integer> delete = minutes(body, "autoDeleteInterval");
    intervals = stop.isPresent() ? intervals.withAutoStop(stop.get()) : intervals;
    intervals = archive.isPresent() ? intervals.withAutoArchive(archive.get()) : intervals;
    return delete.isPresent() ? intervals.withAutoDelete(delete.get()) : intervals;
  }

  private static Optional<Integer> minutes(BodyReader body, String field) {
    return body.integer(field, Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  /// Without what is secret.
  @Override
  public String toString() {
    return "CreateRequest[name=" + name + ", snapshot=" + snapshot + ", user=" + user + "]";
  }
}
