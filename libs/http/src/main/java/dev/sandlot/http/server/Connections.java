package dev.sandlot.http.server;

import io.helidon.common.buffers.BufferData;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/// All connections of a server. Keeps their number within {@link ConnectionLimits}, and closes
/// those whose time is over. Thread-safe.
final class Connections implements ServerConnectionSelector, AutoCloseable {
  private static final long LOOK_EVERY_MILLISECONDS = 250;

  private final ServerConnectionSelector inner;
  private final ConnectionLimits limits;
  private final Set<InetAddress> proxies;
  private final ReentrantLock lock = new ReentrantLock();

  private final Map<ServedConnection, Optional<Source>> all = new HashMap<>();

  private final Map<Source, Integer> ofSource = new HashMap<>();

  /// In the order in which they came, or were served last.
  private final LinkedHashSet<ServedConnection> strangers = new LinkedHashSet<>();

  private final ScheduledExecutorService timer;
  private long headsBytes;

  /// @param proxies whose connections are many clients', besides this machine's own
  Connections(ServerConnectionSelector inner, ConnectionLimits limits, Set<InetAddress> proxies) {
    this.inner = inner;
    this.limits = limits;
    this.proxies = Set.copyOf(proxies);
    timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("connections").factory());
    var _ =
        timer.scheduleWithFixedDelay(
            this::closeOver,
            LOOK_EVERY_MILLISECONDS,
            LOOK_EVERY_MILLISECONDS,
            TimeUnit.MILLISECONDS);
  }

  ConnectionLimits limits() {
    return limits;
  }

  @Override
  public int bytesToIdentifyConnection() {
    return inner.bytesToIdentifyConnection();
  }

  @Override
  public Support supports(BufferData data) {
    return inner.supports(data);
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return inner.supportedApplicationProtocols();
  }

  @Override
  public ServerConnection connection(ConnectionContext context) {
    ServedConnection connection = new ServedConnection(this, context, inner);
    enter(connection, source(context.remotePeer().address()));
    return connection;
  }

  private void enter(ServedConnection connection, Optional<Source> source) {
    Optional<ServedConnection> oldest = Optional.empty();
    lock.lock();
    try {
      int same = source.map(from -> ofSource.getOrDefault(from, 0)).orElse(0);
      boolean full = all.size() >= limits.connectionsMax();
      if (full || strangers.size() >= limits.strangersMax() || same >= limits.ofOneSourceMax()) {
        boolean ofSame = same >= limits.ofOneSourceMax();
        oldest =
            strangers.stream()
                .filter(other -> !ofSame || source.equals(all.get(other)))
                .findFirst();
        if (oldest.isEmpty()) {
          throw new CloseConnectionException("too many connections");
        }
        remove(oldest.get());
      }
      all.put(connection, source);
      source.ifPresent(from -> ofSource.merge(from, 1, Integer::sum));
      strangers.addLast(connection);
    } finally {
      lock.unlock();
    }
    oldest.ifPresent(Connections::cut);
  }

  /// Nobody known asks on it, and nothing is being served.
  void stranger(ServedConnection connection) {
    lock.lock();
    try {
      if (all.containsKey(connection) && !strangers.contains(connection)) {
        strangers.addLast(connection);
      }
    } finally {
      lock.unlock();
    }
  }

  /// Somebody is being served on it, or is known.
  void noStranger(ServedConnection connection) {
    lock.lock();
    try {
      strangers.remove(connection);
    } finally {
      lock.unlock();
    }
  }

  void closed(ServedConnection connection) {
    lock.lock();
    try {
      remove(connection);
    } finally {
      lock.unlock();
    }
  }

  private void remove(ServedConnection connection) {
    strangers.remove(connection);
    Optional<Source> source = all.remove(connection);
    if (source != null) {
      source.ifPresent(
          from -> ofSource.computeIfPresent(from, (_, count) -> count == 1 ? null : count - 1));
    }
  }

  /// Takes from what unfinished heads may hold together, or gives it back.
  ///
  /// @return false when there is not so much left
  boolean takeHeadBytes(int bytes) {
    if (bytes == 0) {
      return true;
    }
    lock.lock();
    try {
      boolean enough = bytes < 0 || headsBytes + bytes <= limits.headsBytesMax();
      headsBytes += enough ? bytes : 0;
      return enough;
    } finally {
      lock.unlock();
    }
  }

  private void closeOver() {
    long now = System.nanoTime();
    List<ServedConnection> over;
    lock.lock();
    try {
      over = all.keySet().stream().filter(connection -> connection.over(now)).toList();
    } finally {
      lock.unlock();
    }
    over.forEach(Connections::cut);
  }

  private static void cut(ServedConnection connection) {
    Thread.ofVirtual().name("over").start(connection::cut);
  }

  /// Empty for this machine and for proxies.
  private Optional<Source> source(SocketAddress address) {
    if (!(address instanceof InetSocketAddress internet)) {
      return Optional.empty();
    }
    InetAddress host = internet.getAddress();
    if (host.isLoopbackAddress() || proxies.contains(host)) {
      return Optional.empty();
    }
    byte[] bytes = host.getAddress();
    byte[] network = host instanceof Inet6Address ? Arrays.copyOf(bytes, 8) : bytes;
    return Optional.of(new Source(Arrays.toString(network)));
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }

  /// Where connections come from.
  private record Source(String network) {}
}
