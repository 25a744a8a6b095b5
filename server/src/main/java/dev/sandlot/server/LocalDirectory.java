package dev.sandlot.server;

import dev.sandlot.controlplane.preview.Previews;
import dev.sandlot.model.RunnerId;
import dev.sandlot.model.SandboxId;
import dev.sandlot.model.SigningKey;
import dev.sandlot.model.WebOrigin;
import dev.sandlot.proxy.access.SandboxDirectory;
import java.net.URI;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/// The proxy's questions, answered by the control plane of the same process.
///
/// @param here the runner of this process, if it has one
/// @param addresses what runners on other machines have said of where they are
record LocalDirectory(
    Previews previews, Optional<RunnerId> here, Function<RunnerId, Optional<String>> addresses)
    implements SandboxDirectory {

  @Override
  public Optional<Target> find(SandboxId id) {
    return previews
        .find(id)
        .map(target -> new Target(target.open(), new Runner(target.runner(), at(target.runner()))));
  }

  private Optional<URI> at(RunnerId runner) {
    return here.filter(runner::equals).isPresent()
        ? Optional.empty()
        : addresses.apply(runner).flatMap(WebOrigin::parse);
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
