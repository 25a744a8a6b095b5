package dev.sandlot.proxy.preview;

import dev.sandlot.model.SandboxId;
import dev.sandlot.proxy.access.RequestHead;
import dev.sandlot.proxy.access.SandboxDirectory;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells the directory that a sandbox is used, when a request begins and again while it lasts.
/// Never holds a request up. Thread-safe.
public final class ActivityPings {
  private static final Logger LOGGER = LoggerFactory.getLogger(ActivityPings.class);
  private static final String SKIP = "X-Daytona-Skip-Last-Activity-Update";

  private final SandboxDirectory directory;
  private final ScheduledExecutorService timer;
  private final Duration every;

  public ActivityPings(SandboxDirectory directory, ScheduledExecutorService timer, Duration every) {
    this.directory = directory;
    this.timer = timer;
    this.every = every;
  }

  /// Begins a use; close it at its end. Requests that say they are none are not counted.
  public Use begin(RequestHead head, SandboxId id) {
    if (head.header(SKIP).orElse("").equals("true")) {
      return () -> {};
    }
    ping(id);
    ScheduledFuture<?> pings =
        timer.scheduleAtFixedRate(
            () -> ping(id), every.toMillis(), every.toMillis(), TimeUnit.MILLISECONDS);
    return () -> pings.cancel(false);
  }

  private void ping(SandboxId id) {
    Thread.ofVirtual()
        .name("activity")
        .start(() -> {
          try {
            directory.recordActivity(id);
          } catch (RuntimeException e) {
            LOGGER
                .atWarn()
                .setCause(e)
                .addKeyValue("sandboxId", id)
                .log("activity could not be recorded");
          }
        });
  }

  /// A request that lasts.
  public interface Use extends AutoCloseable {
    @Override
    void close();
  }
}
