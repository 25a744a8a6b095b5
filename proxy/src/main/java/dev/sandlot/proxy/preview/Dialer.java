package dev.sandlot.proxy.preview;

import dev.sandlot.http.HttpFailure;
import dev.sandlot.proxy.access.Grant;
import dev.sandlot.runtime.NotRunning;
import dev.sandlot.runtime.PortConnection;
import dev.sandlot.runtime.ToolboxGateway;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;

/// Opens connections to ports of sandboxes. Thread-safe.
public final class Dialer {
  private final ToolboxGateway gateway;
  private final ScheduledExecutorService timer;
  private final Duration strangerQuietMax;

  public Dialer(ToolboxGateway gateway, ScheduledExecutorService timer, Duration strangerQuietMax) {
    this.gateway = gateway;
    this.timer = timer;
    this.strangerQuietMax = strangerQuietMax;
  }

  /// @param quietMax for those whom we know
  /// @throws HttpFailure 409 when the sandbox does not run, 502 when nothing listens there, 503
  ///   when its machine cannot be reached
  public WatchedConnection dial(Grant grant, Duration quietMax) {
    try {
      PortConnection connection = gateway.dial(grant.id(), grant.port().number());
      return new WatchedConnection(
          connection, grant.anonymous() ? strangerQuietMax : quietMax, timer);
    } catch (NotRunning _) {
      throw HttpFailure.conflict("the sandbox is not running; start it and try again");
    } catch (IOException _) {
      throw new HttpFailure(
          502,
          "",
          "nothing listens on port "
              + grant.port().number()
              + " in the sandbox; start your server there (any address, also localhost)");
    }
  }
}
