package dev.sandlot.toolbox;

import static dev.sandlot.toolbox.call.ToolboxRow.delete;
import static dev.sandlot.toolbox.call.ToolboxRow.get;
import static dev.sandlot.toolbox.call.ToolboxRow.post;

import dev.sandlot.http.Operation;
import dev.sandlot.http.OperationTable;
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
  private final OperationTable<ToolboxAccess> table;
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
        new OperationTable<>(
            joined(
                List.of(
                    new GitRoutes(limits).operations(),
                    new LspRoutes(limits).operations(),
                    sessions.operations(),
                    terminals.operations(),
                    interpreter.operations(),
                    new DesktopRoutes(downloads::sendFile, warm::discard).operations()),
                post("ExecuteCommand", "/process/execute").does(execute::execute),
                post("CodeRun", "/process/code-run").does(code::runCode),
                get("ListFiles", "/files").does(files::list),
                delete("DeleteFile", "/files").answers(204).does(files::delete),
                get("GetFileInfo", "/files/info").does(files::info),
                post("CreateFolder", "/files/folder").answers(201).does(files::makeFolder),
                post("MoveFile", "/files/move").does(files::move),
                post("SetFilePermissions", "/files/permissions").does(files::setPermissions),
                get("FindInFiles", "/files/find").does(search::find),
                get("SearchFiles", "/files/search").does(search::search),
                post("ReplaceInFiles", "/files/replace").does(replace::replace),
                get("DownloadFile", "/files/download").does(downloads::download),
                post("DownloadFiles", "/files/bulk-download").does(downloads::downloadMany),
                post("SandlotUploadWholeFile", "/files/upload").does(uploads::upload),
                post("UploadFile", "/files/upload-v2").does(uploads::uploadPartOrBody),
                post("UploadFiles", "/files/bulk-upload").does(uploads::uploadMany),
                get("GetWorkDir", "/work-dir").does(system::workingDirectory),
                get("GetUserHomeDir", "/user-home-dir").does(system::home),
                get("SandlotGetProjectDir", "/project-dir").does(system::home),
                get("GetVersion", "/version").does(system::version),
                post("Initialize", "/init").does(system::initialize),
                post("UpdateEnv", "/env").does(system::changeEnvironment),
                get("GetSystemMetrics", "/system/metrics").does(system::metrics),
                get("GetPorts", "/port").does(system::ports),
                get("IsPortInUse", "/port/{port}/in-use").does(system::portInUse)));
    this.sockets =
        Stream.of(sessions.sockets(), terminals.sockets(), interpreter.sockets())
            .flatMap(List::stream)
            .toList();
  }

  @SafeVarargs
  private static List<Operation<ToolboxAccess>> joined(
      List<List<Operation<ToolboxAccess>>> others, Operation<ToolboxAccess>... ours) {
    return Stream.concat(Arrays.stream(ours), others.stream().flatMap(List::stream)).toList();
  }

  /// The operations, for look-ups, and for tests that go through all of them.
  public OperationTable<ToolboxAccess> table() {
    return table;
  }

  /// The WebSocket routes; the first that matches serves.
  public List<SocketRoute> sockets() {
    return sockets;
  }
}
