package dev.sandlot.toolbox.files;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.sandlot.agentclient.files.AgentFiles;
import dev.sandlot.agentclient.files.AgentFiles.WriteOptions;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.http.Exchange;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A bulk upload: pairs of a path and a file with the same number. A file that cannot be written
/// does not stop the others. Used by one thread.
final class UploadedFiles {
  private static final Pattern FIELD = Pattern.compile("files\\[([0-9]{1,9})\\]\\.(path|file)");

  private final AgentFiles files;
  private final WriteOptions options;
  private final ToolboxLimits limits;
  private final Map<String, String> pathsByNumber = new HashMap<>();
  private final List<Map<String, Object>> written = new ArrayList<>();
  private final List<String> errors = new ArrayList<>();

  UploadedFiles(AgentFiles files, WriteOptions options, ToolboxLimits limits) {
    this.files = files;
    this.options = options;
    this.limits = limits;
  }

  /// Reads all parts of a body.
  void take(MultipartBody body) throws IOException {
    int count = 0;
    for (Optional<MultipartBody.Part> part = body.next(); part.isPresent(); part = body.next()) {
      Matcher field = FIELD.matcher(part.get().name());
      if (!field.matches()) {
        continue;
      }
      if (++count > 2 * limits.filesMax()) {
        fail("more than " + limits.filesMax() + " files in one call");
        return;
      }
      if (field.group(2).equals("path")) {
        takePath(field.group(1), part.get().content());
      } else {
        takeFile(field.group(1), part.get().content());
      }
    }
    for (String number : pathsByNumber.keySet()) {
      fail("files[" + number + "].path has no files[" + number + "].file after it");
    }
  }

  private void takePath(String number, InputStream content) throws IOException {
    byte[] bytes = content.readNBytes(limits.pathBytesMax() + 1);
    String path = new String(bytes, StandardCharsets.UTF_8).strip();
    pathsByNumber.put(number, path);
  }

  private void takeFile(String number, InputStream content) throws IOException {
    String path = pathsByNumber.remove(number);
    if (path == null) {
      fail("files[" + number + "].path must come before files[" + number + "].file");
      return;
    }
    try {
      Calls.checked(path, "files[" + number + "].path", limits);
      if (path.isEmpty()) {
        fail("files[" + number + "].path is empty");
        return;
      }
      long bytes = files.write(path, options, content);
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("path", path);
      row.put("bytes", bytes);
      written.add(row);
    } catch (AgentFailure failure) {
      fail(path + ": " + ToolboxFailures.of(failure, path).sentence());
    } catch (OperationFailure failure) {
      fail(failure.sentence());
    }
  }

  void fail(String sentence) {
    errors.add(sentence);
  }

  boolean failed() {
    return !errors.isEmpty();
  }

  /// The answer: `files`, and with failures the contract's shape D, which includes shape A.
  Map<String, Object> json(Exchange exchange) {
    Map<String, Object> json = new LinkedHashMap<>();
    if (failed()) {
      json.put("statusCode", 400);
      json.put("code", "BAD_REQUEST");
      json.put("source", "DAYTONA_DAEMON");
      json.put("message", String.join(", ", errors));
      json.put("timestamp", Instant.now().toString());
      json.put("path", exchange.rawPath());
      json.put("method", exchange.method());
      json.put("errors", errors);
    }
    json.put("files", written);
    return json;
  }
}
