package dev.sandlot.toolbox.call;

import dev.sandlot.http.UpgradeRequest;
import dev.sandlot.toolbox.sandbox.RunningSandbox;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A request for a WebSocket, before the upgrade is accepted.
///
/// @param parameters of the route's pattern, decoded
public record SocketCall(
    RunningSandbox sandbox, UpgradeRequest request, Map<String, String> parameters) {
  private static final String VERSION_TOKEN = "X-Daytona-SDK-Version~";
  private static final String EXIT_TOKEN = "X-Daytona-Pty-Exit-Control";

  /// @throws IllegalArgumentException when the route has none of that name
  public String pathParameter(String name) {
    String value = parameters.get(name);
    if (value == null) {
      throw new IllegalArgumentException("the route has no parameter " + name);
    }
    return value;
  }

  public Optional<String> query(String name) {
    return request.query(name);
  }

  /// Whether the client offers this subprotocol.
  public boolean offers(String protocol) {
    return request.protocols().contains(protocol);
  }

  /// The rest of an offered subprotocol that begins with this prefix: clients that cannot set
  /// headers send values this way.
  public Optional<String> offeredValue(String prefix) {
    return request.protocols().stream()
        .filter(token -> token.startsWith(prefix))
        .map(token -> token.substring(prefix.length()))
        .findFirst();
  }

  /// The client's version, from its header or its subprotocol.
  public ClientVersion clientVersion() {
    return ClientVersion.of(
        request.header(ClientVersion.HEADER).or(() -> offeredValue(VERSION_TOKEN)));
  }

  /// The subprotocol to select. Clients give up when none of those they offer is selected, browsers
  /// when that of the version is not (docs/contract/transport.md and
  /// docs/contract/terminals.md#creating-and-connecting-in-one).
  public Optional<String> protocol() {
    List<String> offered = request.protocols();
    return offered.stream()
        .filter(token -> token.startsWith(VERSION_TOKEN))
        .findFirst()
        .or(() -> offered.stream().filter(EXIT_TOKEN::equals).findFirst())
        .or(() -> offered.stream().findFirst());
  }
}
