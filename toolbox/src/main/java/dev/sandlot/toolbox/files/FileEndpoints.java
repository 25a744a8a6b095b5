package dev.sandlot.toolbox.files;

import com.google.re2j.Pattern;
import dev.sandlot.agentclient.files.AgentFiles;
import dev.sandlot.agentclient.files.FileStatus;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.Json;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/// `/files`: everything but transfers, search and replacement.
public final class FileEndpoints {
  private static final int DEPTH_MAX = 64;
  private static final Pattern DEPTH = Pattern.compile("[1-9][0-9]?");
  private static final int FOLDER_MODE = 0755;

  /// A longer listing is streamed.
  private static final int ENTRIES_AT_ONCE_MAX = 1_000;

  private final ToolboxLimits limits;

  public FileEndpoints(ToolboxLimits limits) {
    this.limits = limits;
  }

  public void list(Exchange exchange) throws IOException, InterruptedException {
    String path = Calls.checked(exchange.query("path").orElse(""), "path", limits);
    String folder = path.isEmpty() ? "." : path;
    int depth = depth(exchange);
    List<FileStatus> entries;
    try {
      entries = files(exchange).list(folder, depth);
    } catch (AgentFailure failure) {
      throw ToolboxFailures.of(failure, folder);
    }
    var rows = entries.stream().map(entry -> json(exchange, entry));
    if (entries.size() <= ENTRIES_AT_ONCE_MAX) {
      exchange.sendJson(rows.toList());
      return;
    }
    exchange.responseHeader("Content-Type", "application/json; charset=utf-8");
    try (OutputStream out = exchange.outputStream()) {
      Json.writeArray(out, rows.iterator());
    }
  }

  private static int depth(Exchange exchange) {
    String text = exchange.query("depth").orElse("1");
    if (!DEPTH.matcher(text).matches() || Integer.parseInt(text) > DEPTH_MAX) {
      throw ToolboxFailures.badRequest("depth must be a number from 1 to " + DEPTH_MAX);
    }
    return Integer.parseInt(text);
  }

  public void info(Exchange exchange) {
    String path = Calls.path(exchange, "path", limits);
    try {
      exchange.sendJson(json(exchange, files(exchange).status(path)));
    } catch (AgentFailure failure) {
      throw ToolboxFailures.of(failure, path);
    }
  }

  public void makeFolder(Exchange exchange) {
    String path = Calls.path(exchange, "path", limits);
    int mode = Calls.mode(exchange).orElse(FOLDER_MODE);
    try {
      files(exchange).makeDirectory(path, mode);
    } catch (AgentFailure failure) {
      throw failure.kind() == AgentFailure.Kind.ALREADY_EXISTS
          ? ToolboxFailures.invalidPath(path + " exists and is not a directory")
          : ToolboxFailures.of(failure, path);
    }
    exchange.send();
  }

  public void delete(Exchange exchange) {
    String path = Calls.path(exchange, "path", limits);
    boolean recursive = exchange.query("recursive").filter("true"::equals).isPresent();
    try {
      files(exchange).remove(path, recursive);
    } catch (AgentFailure failure) {
      throw failure.is("EISDIR")
          ? ToolboxFailures.invalidPath(path + " is a directory; give recursive=true to delete it")
          : ToolboxFailures.of(failure, path);
    }
    exchange.send();
  }

  public void move(Exchange exchange) {
    String source = Calls.path(exchange, "source", limits);
    String destination = Calls.path(exchange, "destination", limits);
    try {
      files(exchange).move(source, destination);
    } catch (AgentFailure failure) {
      throw switch (failure.kind()) {
        case NOT_FOUND ->
            new OperationFailure(
                ErrorCode.FILE_NOT_FOUND,
                "file not found: " + source + ", or the folder of " + destination);
        case ALREADY_EXISTS -> ToolboxFailures.of(failure, destination);
        default -> ToolboxFailures.of(failure, source);
      };
    }
    exchange.send();
  }

  public void setPermissions(Exchange exchange) {
    String path = Calls.path(exchange, "path", limits);
    OptionalInt mode = Calls.mode(exchange);
    String owner = exchange.query("owner").orElse("");
    String group = exchange.query("group").orElse("");
    try {
      files(exchange).setAttributes(path, mode, owner, group);
    } catch (AgentFailure failure) {
      throw ToolboxFailures.of(failure, path);
    }
    exchange.send();
  }

  private static Map<String, Object> json(Exchange exchange, FileStatus file) {
    Map<String, Object> json = FileInfoJson.of(file);
    if (Calls.refusesNewFields(exchange)) {
      json.remove("path");
    }
    return json;
  }

  private static AgentFiles files(Exchange exchange) {
    return Calls.sandbox(exchange).agent().files();
  }
}
