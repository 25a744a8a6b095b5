package dev.sandlot.http;

/// One operation: what is asked, who may ask, what serves it.
///
/// @param <A> how a process says who may call; every route says so
/// @param method "GET", "POST", …; "*" for any
public record Route<A>(String method, PathPattern pattern, A access, Endpoint endpoint) {
  public Route(String method, String pattern, A access, Endpoint endpoint) {
    this(method, new PathPattern(pattern), access, endpoint);
  }
}
