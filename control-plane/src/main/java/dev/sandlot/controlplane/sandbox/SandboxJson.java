package dev.sandlot.controlplane.sandbox;

import dev.sandlot.controlplane.platform.Addresses;
import dev.sandlot.controlplane.platform.WireTime;
import dev.sandlot.controlplane.sandbox.store.Sandbox;
import dev.sandlot.model.SandboxState;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Sandboxes as clients read them. Optional properties without a value are left out: some clients
/// take no null (docs/contract/clients.md#strictness).
final class SandboxJson {
  private final Addresses addresses;

  SandboxJson(Addresses addresses) {
    this.addresses = addresses;
  }

  /// The whole.
  Map<String, Object> full(Sandbox sandbox) {
    Map<String, Object> body = item(sandbox);
    body.put("env", sandbox.spec().env());
    body.put("volumes", List.of());
    // Not in the contract's files, but required by clients from 0.226 on.
    body.put("kvm", false);
    return body;
  }

  /// A line of a list.
  Map<String, Object> item(Sandbox sandbox) {
    Sandbox.Spec spec = sandbox.spec();
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("id", sandbox.id().toString());
    body.put("organizationId", sandbox.organization().toString());
    body.put("name", spec.name());
    body.put("snapshot", spec.snapshot());
    body.put("user", spec.user());
    body.put("target", sandbox.region());
    body.put("cpu", spec.cpu());
    body.put("gpu", 0);
    body.put("memory", spec.memory());
    body.put("disk", spec.disk());
    settings(body, sandbox.settings());
    status(body, sandbox);
    body.put("sandboxClass", "container");
    body.put("runnerId", sandbox.runner().toString());
    body.put("createdAt", WireTime.of(sandbox.createdAt()));
    body.put("updatedAt", WireTime.of(sandbox.updatedAt()));
    body.put("lastActivityAt", WireTime.of(sandbox.lastActivityAt()));
    body.put("toolboxProxyUrl", addresses.toolbox());
    return body;
  }

  private static void settings(Map<String, Object> body, Sandbox.Settings settings) {
    body.put("labels", settings.labels());
    body.put("public", settings.open());
    body.put("networkBlockAll", settings.network().blocksAll());
    if (!settings.network().allowList().isEmpty()) {
      body.put("networkAllowList", settings.network().allowList());
    }
    body.put("autoStopInterval", settings.intervals().autoStopMinutes());
    body.put("autoArchiveInterval", settings.intervals().autoArchiveMinutes());
    body.put("autoDeleteInterval", settings.intervals().autoDeleteMinutes());
  }

  private static void status(Map<String, Object> body, Sandbox sandbox) {
    body.put("state", sandbox.state().wire());
    body.put("desiredState", sandbox.state().wireDesired());
    sandbox.status().errorReason().ifPresent(reason -> body.put("errorReason", reason));
    if (sandbox.state() == SandboxState.ERROR) {
      body.put("recoverable", sandbox.status().recoverable());
    }
    body.put("backupState", "None");
  }
}
