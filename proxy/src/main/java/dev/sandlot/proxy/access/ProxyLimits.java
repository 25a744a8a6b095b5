package dev.sandlot.proxy.access;

import java.time.Duration;

/// What a connection may cost.
///
/// @param headerLineBytesMax of a line of an answer's head from inside
/// @param headersMax of an answer from inside
/// @param answerQuietMax how long nothing may move on a request, its answer included
/// @param tunnelQuietMax how long nothing may move on an upgraded connection
/// @param accessRemembered how long an answer of the directory is used again
/// @param rememberedMax how many answers of each kind are kept
/// @param activityEvery how often a connection that lasts counts as use
/// @param activityOnceIn of several uses in this time only the first is reported
/// @param cookieAge how long a browser stays let in
/// @param strangerQuietMax how long nothing may move where nobody knows who visits
/// @param strangersMax who may visit one public sandbox at once without being known
/// @param lookEvery how often those who are in are looked at again, beside when something changes
public record ProxyLimits(
    int headerLineBytesMax,
    int headersMax,
    Duration answerQuietMax,
    Duration tunnelQuietMax,
    Duration accessRemembered,
    int rememberedMax,
    Duration activityEvery,
    Duration activityOnceIn,
    Duration cookieAge,
    Duration strangerQuietMax,
    int strangersMax,
    Duration lookEvery) {
  /// What the contract asks for (docs/contract/previews.md), and sizes that real applications stay
  /// below.
  public static final ProxyLimits DEFAULT =
      new ProxyLimits(
          16 * 1024,
          200,
          Duration.ofMinutes(10),
          Duration.ofHours(1),
          Duration.ofSeconds(5),
          20_000,
          Duration.ofSeconds(50),
          Duration.ofSeconds(45),
          Duration.ofHours(1),
          Duration.ofMinutes(2),
          256,
          Duration.ofSeconds(30));
}
