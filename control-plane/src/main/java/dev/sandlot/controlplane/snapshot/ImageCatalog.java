package dev.sandlot.controlplane.snapshot;

import java.util.Optional;

/// The images that set-up has built on the machine of one runner. One may be built while the server
/// runs.
public interface ImageCatalog {
  /// Of a control plane that offers the default snapshot alone.
  ImageCatalog NONE = _ -> Optional.empty();

  /// The id of the latest image of that name, empty when there is none.
  Optional<String> newest(String name);
}
