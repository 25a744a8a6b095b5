package dev.sandlot.toolbox.git;

import static dev.sandlot.toolbox.call.ToolboxAccess.ADMITTED_BY_PROXY;

import dev.sandlot.agentclient.process.RunAbandoned;
import dev.sandlot.http.Endpoint;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.Route;
import dev.sandlot.toolbox.call.ToolboxAccess;
import dev.sandlot.toolbox.call.ToolboxLimits;
import java.util.List;

/// All Git operations of the toolbox.
public final class GitRoutes {
  private final List<Route<ToolboxAccess>> routes;

  public GitRoutes(ToolboxLimits limits) {
    RepositoryEndpoints repositories = new RepositoryEndpoints(limits);
    CloneEndpoint clones = new CloneEndpoint(limits);
    BranchEndpoints branches = new BranchEndpoints(limits);
    ChangeEndpoints changes = new ChangeEndpoints(limits);
    RemoteEndpoints remotes = new RemoteEndpoints(limits);
    TransferEndpoints transfers = new TransferEndpoints(limits);
    ConfigEndpoints configs = new ConfigEndpoints(limits);
    this.routes =
        List.of(
            route("POST", "/git/init", repositories::initialize),
            route("GET", "/git/status", repositories::status),
            route("GET", "/git/history", repositories::history),
            route("POST", "/git/clone", clones::cloneRepository),
            route("GET", "/git/branches", branches::list),
            route("POST", "/git/branches", branches::create),
            route("DELETE", "/git/branches", branches::delete),
            route("POST", "/git/checkout", branches::checkOut),
            route("POST", "/git/add", changes::add),
            route("POST", "/git/commit", changes::commit),
            route("POST", "/git/reset", changes::reset),
            route("POST", "/git/restore", changes::restore),
            route("GET", "/git/remotes", remotes::list),
            route("POST", "/git/remotes", remotes::add),
            route("POST", "/git/pull", transfers::pull),
            route("POST", "/git/push", transfers::push),
            route("GET", "/git/config", configs::get),
            route("POST", "/git/config", configs::set),
            route("POST", "/git/config/user", configs::setUser),
            route("POST", "/git/credentials", configs::storeCredential));
  }

  public List<Route<ToolboxAccess>> routes() {
    return routes;
  }

  private static Route<ToolboxAccess> route(String method, String path, Endpoint endpoint) {
    return new Route<>(method, path, ADMITTED_BY_PROXY, exchange -> serve(endpoint, exchange));
  }

  private static void serve(Endpoint endpoint, Exchange exchange) throws Exception {
    try {
      endpoint.serve(exchange);
    } catch (RunAbandoned _) {
      exchange.abort(); // the client has left
    }
  }
}
