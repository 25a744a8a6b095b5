package dev.sandlot.http;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// All routes of a process, to be walked by tests and to be looked up in. Immutable.
///
/// @param <A> how the process says who may call
public final class RouteTable<A> {
  private final List<Route<A>> routes;

  /// Static segments win over parameters, whatever the order given.
  public RouteTable(List<Route<A>> routes) {
    List<Route<A>> sorted = new ArrayList<>(routes);
    sorted.sort(Comparator.comparingInt((Route<A> route) -> route.pattern().literals()).reversed());
    this.routes = List.copyOf(sorted);
  }

  public List<Route<A>> routes() {
    return routes;
  }

  /// A route that fits, with its parameters.
  public record Match<A>(Route<A> route, Map<String, String> parameters) {}

  /// Looks a request up. A `HEAD` is served by the route of `GET`.
  public Optional<Match<A>> find(String method, String rawPath) {
    String wanted = method.equals("HEAD") ? "GET" : method;
    for (Route<A> route : routes) {
      if (route.method().equals(wanted) || route.method().equals("*")) {
        Optional<Map<String, String>> parameters = route.pattern().match(rawPath);
        if (parameters.isPresent()) {
          return Optional.of(new Match<>(route, parameters.get()));
        }
      }
    }
    return Optional.empty();
  }
}
