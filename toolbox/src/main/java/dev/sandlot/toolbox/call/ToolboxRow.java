package dev.sandlot.toolbox.call;

import dev.sandlot.http.Endpoint;
import dev.sandlot.http.Operation;
import dev.sandlot.http.PathPattern;

/// Writes an operation of the toolbox down, part by part, and ends with the method that serves it:
///
/// ```java
/// post("CreateFolder", "/files/folder").answers(201).does(files::makeFolder)
/// ```
///
/// Immutable.
///
/// @param id the contract's `operationId`; one that begins with "Sandlot" where the contract lacks
///   the operation
/// @param path below the sandbox's toolbox, parameters in braces
/// @param success the status of an answer that says no other
public record ToolboxRow(String id, String method, String path, int success) {
  private static final int OK = 200;

  public static ToolboxRow get(String id, String path) {
    return new ToolboxRow(id, "GET", path, OK);
  }

  public static ToolboxRow post(String id, String path) {
    return new ToolboxRow(id, "POST", path, OK);
  }

  public static ToolboxRow delete(String id, String path) {
    return new ToolboxRow(id, "DELETE", path, OK);
  }

  /// The status of an answer that says no other; 200 where this is not said.
  public ToolboxRow answers(int status) {
    return new ToolboxRow(id, method, path, status);
  }

  /// The operation that this endpoint serves.
  public Operation<ToolboxAccess> does(Endpoint endpoint) {
    return new Operation<>(
        id, method, new PathPattern(path), success, ToolboxAccess.ADMITTED_BY_PROXY, endpoint);
  }
}
