package dev.sandlot.server;

import dev.sandlot.controlplane.preview.Previews;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SigningKey;
import dev.sandlot.proxy.SandboxDirectory;
import java.util.Optional;
import java.util.function.Consumer;

/// The proxy's questions, answered by the control plane of the same process.
record LocalDirectory(Previews previews) implements SandboxDirectory {

  @Override
  public Optional<Target> find(SandboxId id) {
    return previews.find(id).map(target -> new Target(target.open()));
  }

  @Override
  public KeyAccess keyAccess(String token, SandboxId id) {
    if (previews.mayAccess(token, id)) {
      return KeyAccess.GRANTED;
    }
    return previews.organization(token).isPresent() ? KeyAccess.OTHER : KeyAccess.UNKNOWN;
  }

  @Override
  public boolean previewTokenMatches(String token, SandboxId id, int port) {
    return previews.tokenValid(id, port, token);
  }

  @Override
  public Optional<SignedTarget> signedToken(String token) {
    return previews
        .signed(token)
        .map(signed -> new SignedTarget(signed.sandbox(), signed.port(), signed.end()));
  }

  @Override
  public Optional<SigningKey> signingKey(SandboxId id) {
    return previews.signingKey(id);
  }

  @Override
  public void onChange(Consumer<Optional<SandboxId>> listener) {
    previews.onChange(listener);
  }

  @Override
  public void recordActivity(SandboxId id) {
    previews.recordActivity(id);
  }
}
