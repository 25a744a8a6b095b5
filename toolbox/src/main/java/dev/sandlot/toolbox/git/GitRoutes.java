package dev.sandlot.toolbox.git;

import static dev.sandlot.toolbox.call.ToolboxRow.delete;
import static dev.sandlot.toolbox.call.ToolboxRow.get;
import static dev.sandlot.toolbox.call.ToolboxRow.post;

import dev.sandlot.agentclient.process.RunAbandoned;
import dev.sandlot.http.Endpoint;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.Operation;
import dev.sandlot.toolbox.call.ToolboxAccess;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.call.ToolboxRow;
import java.util.List;

/// All Git operations of the toolbox.
public final class GitRoutes {
  private final List<Operation<ToolboxAccess>> operations;

  public GitRoutes(ToolboxLimits limits) {
    RepositoryEndpoints repositories = new RepositoryEndpoints(limits);
    CloneEndpoint clones = new CloneEndpoint(limits);
    BranchEndpoints branches = new BranchEndpoints(limits);
    ChangeEndpoints changes = new ChangeEndpoints(limits);
    RemoteEndpoints remotes = new RemoteEndpoints(limits);
    TransferEndpoints transfers = new TransferEndpoints(limits);
    ConfigEndpoints configs = new ConfigEndpoints(limits);
    operations =
        List.of(
            served(post("InitRepository", "/git/init").answers(201), repositories::initialize),
            served(get("GetStatus", "/git/status"), repositories::status),
            served(get("GetCommitHistory", "/git/history"), repositories::history),
            served(post("CloneRepository", "/git/clone"), clones::cloneRepository),
            served(get("ListBranches", "/git/branches"), branches::list),
            served(post("CreateBranch", "/git/branches").answers(201), branches::create),
            served(delete("DeleteBranch", "/git/branches").answers(204), branches::delete),
            served(post("CheckoutBranch", "/git/checkout"), branches::checkOut),
            served(post("AddFiles", "/git/add"), changes::add),
            served(post("CommitChanges", "/git/commit"), changes::commit),
            served(post("ResetChanges", "/git/reset"), changes::reset),
            served(post("RestoreFiles", "/git/restore"), changes::restore),
            served(get("ListRemotes", "/git/remotes"), remotes::list),
            served(post("AddRemote", "/git/remotes").answers(201), remotes::add),
            served(post("PullChanges", "/git/pull"), transfers::pull),
            served(post("PushChanges", "/git/push"), transfers::push),
            served(get("GetGitConfig", "/git/config"), configs::get),
            served(post("SetGitConfig", "/git/config"), configs::set),
            served(post("ConfigureUser", "/git/config/user"), configs::setUser),
            served(post("Authenticate", "/git/credentials"), configs::storeCredential));
  }

  public List<Operation<ToolboxAccess>> operations() {
    return operations;
  }

  private static Operation<ToolboxAccess> served(ToolboxRow row, Endpoint endpoint) {
    return row.does(exchange -> serve(endpoint, exchange));
  }

  private static void serve(Endpoint endpoint, Exchange exchange) throws Exception {
    try {
      endpoint.serve(exchange);
    } catch (RunAbandoned _) {
      exchange.abort(); // the client has left
    }
  }
}
