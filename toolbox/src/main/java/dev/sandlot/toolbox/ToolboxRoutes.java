package dev.sandlot.toolbox;

import static dev.sandlot.toolbox.call.ToolboxAccess.ADMITTED_BY_PROXY;

import dev.sandlot.http.Endpoint;
import dev.sandlot.http.Route;
import dev.sandlot.http.RouteTable;
import dev.sandlot.runtime.RuntimeDriver;
import dev.sandlot.toolbox.call.SocketRoute;
import dev.sandlot.toolbox.call.ToolboxAccess;
import dev.sandlot.toolbox.call.ToolboxLimits;
import dev.sandlot.toolbox.code.CodeEndpoints;
import dev.sandlot.toolbox.code.CodeRunner;
import dev.sandlot.toolbox.desktop.DesktopRoutes;
import dev.sandlot.toolbox.files.DownloadEndpoints;
import dev.sandlot.toolbox.files.FileEndpoints;
import dev.sandlot.toolbox.files.ReplaceEndpoints;
import dev.sandlot.toolbox.files.SearchEndpoints;
import dev.sandlot.toolbox.files.SearchLimits;
import dev.sandlot.toolbox.files.UploadEndpoints;
import dev.sandlot.toolbox.git.GitRoutes;
import dev.sandlot.toolbox.interpreter.InterpreterRoutes;
import dev.sandlot.toolbox.lsp.LspRoutes;
import dev.sandlot.toolbox.process.CommandRunner;
import dev.sandlot.toolbox.process.ExecuteEndpoints;
import dev.sandlot.toolbox.process.SpooledOutput;
import dev.sandlot.toolbox.session.SessionRoutes;
import dev.sandlot.toolbox.system.SystemEndpoints;
import dev.sandlot.toolbox.terminal.TerminalRoutes;
import dev.sandlot.toolbox.warm.WarmLimits;
import dev.sandlot.toolbox.warm.WarmProcesses;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// All operations of the toolbox that this build serves.
public final class ToolboxRoutes {
  private final RouteTable<ToolboxAccess> table;
  private final List<SocketRoute> sockets;

  /// @param spoolFolder where large outputs wait until they are sent
  public ToolboxRoutes(RuntimeDriver driver, ToolboxLimits limits, Path spoolFolder) {
    SpooledOutput.removeLeftovers(spoolFolder);
    WarmProcesses warm = new WarmProcesses(WarmLimits.STANDARD);
    CommandRunner commands = new CommandRunner(limits, spoolFolder, warm);
    ExecuteEndpoints execute = new ExecuteEndpoints(commands, limits);
    CodeEndpoints code =
        new CodeEndpoints(new CodeRunner(commands, limits.commandBytesMax()), limits);
    FileEndpoints files = new FileEndpoints(limits);
    DownloadEndpoints downloads = new DownloadEndpoints(limits);
    SearchEndpoints search = new SearchEndpoints(limits, SearchLimits.STANDARD);
    ReplaceEndpoints replace = new ReplaceEndpoints(limits, SearchLimits.STANDARD);
    UploadEndpoints uploads = new UploadEndpoints(limits);
    InterpreterRoutes interpreter = new InterpreterRoutes(limits);
    SessionRoutes sessions = new SessionRoutes(limits);
    TerminalRoutes terminals = new TerminalRoutes(limits);
    SystemEndpoints system = new SystemEndpoints(driver, limits, warm);
    this.table =
        new RouteTable<>(
            joined(
                List.of(
                    new GitRoutes(limits).routes(),
                    new LspRoutes(limits).routes(),
                    sessions.routes(),
                    terminals.routes(),
                    interpreter.routes(),
                    new DesktopRoutes(downloads::sendFile, warm::discard).routes()),
                route("POST", "/process/execute", execute::execute),
                route("POST", "/process/code-run", code::runCode),
                route("GET", "/files", files::list),
                route("DELETE", "/files", files::delete),
                route("GET", "/files/info", files::info),
                route("POST", "/files/folder", files::makeFolder),
                route("POST", "/files/move", files::move),
                route("POST", "/files/permissions", files::setPermissions),
                route("GET", "/files/find", search::find),
                route("GET", "/files/search", search::search),
                route("POST", "/files/replace", replace::replace),
                route("GET", "/files/download", downloads::download),
                route("POST", "/files/bulk-download", downloads::downloadMany),
                route("POST", "/files/upload", uploads::upload),
                route("POST", "/files/upload-v2", uploads::uploadPartOrBody),
                route("POST", "/files/bulk-upload", uploads::uploadMany),
                route("GET", "/work-dir", system::workingDirectory),
                route("GET", "/user-home-dir", system::home),
                route("GET", "/project-dir", system::home),
                route("GET", "/version", system::version),
                route("POST", "/init", system::initialize),
                route("POST", "/env", system::changeEnvironment),
                route("GET", "/system/metrics", system::metrics),
                route("GET", "/port", system::ports),
                route("GET", "/port/{port}/in-use", system::portInUse)));
    this.sockets =
        Stream.of(sessions.sockets(), terminals.sockets(), interpreter.sockets())
            .flatMap(List::stream)
            .toList();
  }

  @SafeVarargs
  private static List<Route<ToolboxAccess>> joined(
      List<List<Route<ToolboxAccess>>> others, Route<ToolboxAccess>... ours) {
    return Stream.concat(Arrays.stream(ours), others.stream().flatMap(List::stream)).toList();
  }

  /// The routes, for look-ups, and for tests that go through all of them.
  public RouteTable<ToolboxAccess> table() {
    return table;
  }

  /// The WebSocket routes; the first that matches serves.
  public List<SocketRoute> sockets() {
    return sockets;
  }

  private static Route<ToolboxAccess> route(String method, String path, Endpoint endpoint) {
    return new Route<>(method, path, ADMITTED_BY_PROXY, endpoint);
  }
}
