package dev.sandlot.http.throttle;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// Keeps those out for a while who keep failing to authenticate, each source by itself (ADR 19). An
/// attempt is counted before it is looked at and given back when it succeeds, so that many at once
/// are no more than many in turn. One for all ports of a process. Thread-safe.
public final class FailedAttempts {
  private static final int TOO_MANY = 429;

  private final FailedAttemptsLimits limits;
  private final Ticker ticker;
  private final Cache<String, Allowance> sources;
  private final Cache<String, Boolean> accepted;
  private final Allowance everyone;

  /// @param ticker what time it is
  public FailedAttempts(FailedAttemptsLimits limits, Ticker ticker) {
    this.limits = limits;
    this.ticker = ticker;
    this.everyone = new Allowance(limits.everyoneBurst(), ticker.read());
    this.sources =
        Caffeine.newBuilder()
            .ticker(ticker)
            .maximumSize(limits.sourcesMax())
            .expireAfterAccess(limits.remembered())
            .build();
    this.accepted =
        Caffeine.newBuilder()
            .ticker(ticker)
            .maximumSize(limits.sourcesMax())
            .expireAfterAccess(limits.remembered())
            .build();
  }

  public static FailedAttempts standard() {
    return new FailedAttempts(FailedAttemptsLimits.STANDARD, Ticker.systemTicker());
  }

  /// Lets a credential pass from whatever source, as one that was accepted lately does: whoever
  /// holds a good one is not kept out by others behind the same address.
  public void know(String credential) {
    accepted.put(hash(List.of(credential)), true);
  }

  /// Runs the check of what somebody offers to be let in by. A failure is a thrown 401; whatever
  /// else is thrown counts neither way.
  ///
  /// @param source the peer's address
  /// @param credentials all that is offered; with nothing there is nothing to be guessed
  /// @throws HttpFailure 429, before the check, when the source has failed too often
  public <T> T checked(String source, List<String> credentials, Supplier<T> check) {
    if (credentials.isEmpty()) {
      return check.get();
    }
    String hash = hash(credentials);
    if (accepted.getIfPresent(hash) != null) {
      return known(hash, check);
    }
    Allowance allowance =
        sources.get(network(source), _ -> new Allowance(limits.sourceBurst(), ticker.read()));
    boolean counted = take(allowance);
    boolean failed = false;
    try {
      T result = check.get();
      accepted.put(hash, true);
      return result;
    } catch (OperationFailure failure) {
      failed = failure.errorCode() == ErrorCode.UNAUTHORIZED;
      throw failure;
    } finally {
      if (!failed) {
        allowance.giveBack(limits.sourceBurst());
        if (counted) {
          everyone.giveBack(limits.everyoneBurst());
        }
      }
    }
  }

  /// One that was good and is not any more is forgotten: from now on it counts.
  private <T> T known(String hash, Supplier<T> check) {
    try {
      return check.get();
    } catch (OperationFailure failure) {
      if (failure.errorCode() == ErrorCode.UNAUTHORIZED) {
        accepted.invalidate(hash);
      }
      throw failure;
    }
  }

  /// While everybody together fails too often, each source has fewer attempts. One that has not
  /// failed has them still: strangers keep nobody out.
  ///
  /// @return whether it counts among everybody's as well
  private boolean take(Allowance allowance) {
    long now = ticker.read();
    boolean calm = everyone.has(now, limits.everyoneEvery(), limits.everyoneBurst());
    double kept = calm ? 0 : limits.sourceBurst() - limits.sourceBurstInAFlood();
    if (!allowance.take(now, limits.sourceEvery(), limits.sourceBurst(), kept)) {
      long seconds = (long) Math.ceil((1 + kept) * limits.sourceEvery().toMillis() / 1_000);
      throw new HttpFailure(
          TOO_MANY,
          "",
          "too many attempts with credentials that are not valid came from this address; try again"
              + " in "
              + seconds
              + " s with a valid one",
          Map.of("Retry-After", Long.toString(seconds)),
          Map.of());
    }
    return everyone.take(now, limits.everyoneEvery(), limits.everyoneBurst(), 0);
  }

  /// Whoever has an IPv6 network of the usual size has all of its addresses.
  private static String network(String source) {
    try {
      InetAddress address = InetAddress.ofLiteral(source);
      if (address instanceof Inet6Address) {
        return HexFormat.of().formatHex(address.getAddress(), 0, Long.BYTES);
      }
    } catch (IllegalArgumentException _) {
      // Whatever names a peer names a source.
    }
    return source;
  }

  private static String hash(List<String> credentials) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String credential : credentials) {
        digest.update(credential.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  /// Attempts that are left. They grow again with time.
  private static final class Allowance {
    private double left;
    private long at;

    Allowance(double left, long now) {
      this.left = left;
      this.at = now;
    }

    private void grow(long now, Duration every, double burst) {
      left = Math.min(burst, left + (double) Math.max(0, now - at) / every.toNanos());
      at = now;
    }

    synchronized boolean has(long now, Duration every, double burst) {
      grow(now, every, burst);
      return left >= 1;
    }

    /// @param kept how many must be left when one is taken
    synchronized boolean take(long now, Duration every, double burst, double kept) {
      grow(now, every, burst);
      if (left - kept < 1) {
        return false;
      }
      left--;
      return true;
    }

    synchronized void giveBack(double burst) {
      left = Math.min(burst, left + 1);
    }
  }
}
