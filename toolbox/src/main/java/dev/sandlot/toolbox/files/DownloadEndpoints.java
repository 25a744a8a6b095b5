package dev.sandlot.toolbox.files;

import dev.sandlot.agentclient.files.AgentFiles;
import dev.sandlot.agentclient.files.FileStatus;
import dev.sandlot.agentclient.files.ReadableFile;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.http.BodyReader;
import dev.sandlot.http.Exchange;
import dev.sandlot.http.HttpFailure;
import dev.sandlot.model.ErrorCode;
import dev.sandlot.model.OperationFailure;
import dev.sandlot.toolbox.call.Calls;
import dev.sandlot.toolbox.call.ToolboxFailures;
import dev.sandlot.toolbox.call.ToolboxLimits;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Downloads (docs/contract/files.md). Files are streamed, not held in memory.
public final class DownloadEndpoints {
  private final ToolboxLimits limits;

  public DownloadEndpoints(ToolboxLimits limits) {
    this.limits = limits;
  }

  public void download(Exchange exchange) throws IOException {
    sendFile(exchange, Calls.path(exchange, "path", limits));
  }

  /// Answers with a file, or the requested part of it.
  public void sendFile(Exchange exchange, String path) throws IOException {
    AgentFiles files = Calls.sandbox(exchange).agent().files();
    try {
      boolean plain = exchange.method().equals("GET") && exchange.header("Range").isEmpty();
      if (plain) {
        try (ReadableFile file = files.read(path, 0, 0)) {
          refuseDirectory(file.status(), path);
          if (!unchanged(exchange, file.status())) {
            describe(exchange, file.status());
            send(exchange, file, file.status().size());
          }
        }
      } else {
        downloadPart(exchange, files, path);
      }
    } catch (AgentFailure failure) {
      throw ToolboxFailures.of(failure, path);
    }
  }

  private void downloadPart(Exchange exchange, AgentFiles files, String path) throws IOException {
    FileStatus status = files.status(path);
    refuseDirectory(status, path);
    if (unchanged(exchange, status)) {
      return;
    }
    describe(exchange, status);
    Optional<ByteRange> range =
        exchange
            .header("Range")
            .filter(_ -> rangeApplies(exchange, status))
            .flatMap(text -> ByteRange.parse(text, status.size()));
    if (range.isPresent() && range.get().length() == 0) {
      throw new HttpFailure(
          416,
          "BAD_REQUEST",
          "bad request: the file has no bytes in this range",
          Map.of("Content-Range", "bytes */" + status.size()),
          Map.of());
    }
    ByteRange part = range.orElse(new ByteRange(0, status.size()));
    if (range.isPresent()) {
      long last = part.first() + part.length() - 1;
      exchange
          .status(206)
          .responseHeader(
              "Content-Range", "bytes " + part.first() + "-" + last + "/" + status.size());
    }
    if (exchange.method().equals("HEAD")) {
      exchange.responseHeader("Content-Length", Long.toString(part.length()));
      exchange.send();
      return;
    }
    try (ReadableFile file = files.read(path, part.first(), part.length())) {
      send(exchange, file, part.length());
    }
  }

  /// Sends as many bytes as `Content-Length` says. A file of size zero may still have content, as
  /// those under /proc do; it is sent without that header.
  private static void send(Exchange exchange, ReadableFile file, long length) throws IOException {
    if (length > 0) {
      exchange.responseHeader("Content-Length", Long.toString(length));
    }
    OutputStream out = exchange.outputStream();
    if (length == 0) {
      file.content().transferTo(out);
    } else if (Transfers.copy(file.content(), out, length) < length) {
      exchange.abort();
    }
    out.close();
  }

  private static void refuseDirectory(FileStatus status, String path) {
    if (status.directory()) {
      throw ToolboxFailures.invalidPath(path + " is a directory");
    }
  }

  private static void describe(Exchange exchange, FileStatus file) {
    exchange.responseHeader("Content-Type", "application/octet-stream");
    exchange.responseHeader(
        "Content-Disposition", "attachment; " + FileNames.parameters(file.name()));
    exchange.responseHeader("Accept-Ranges", "bytes");
    exchange.responseHeader("Last-Modified", httpTime(file.modifiedAt()));
  }

  /// Answers a conditional request with 304 when the file has not changed.
  ///
  /// @return whether it was answered
  private static boolean unchanged(Exchange exchange, FileStatus file) {
    Instant modified = file.modifiedAt().truncatedTo(ChronoUnit.SECONDS);
    Optional<Instant> unmodifiedSince = time(exchange, "If-Unmodified-Since");
    if (unmodifiedSince.isPresent() && modified.isAfter(unmodifiedSince.get())) {
      throw new OperationFailure(
          ErrorCode.PRECONDITION_FAILED, "bad request: the file has changed since then");
    }
    Optional<Instant> modifiedSince = time(exchange, "If-Modified-Since");
    if (modifiedSince.isPresent() && !modified.isAfter(modifiedSince.get())) {
      exchange.responseHeader("Last-Modified", httpTime(file.modifiedAt())).status(304).send();
      return true;
    }
    return false;
  }

  private static boolean rangeApplies(Exchange exchange, FileStatus file) {
    return exchange.header("If-Range").isEmpty()
        || time(exchange, "If-Range")
            .filter(file.modifiedAt().truncatedTo(ChronoUnit.SECONDS)::equals)
            .isPresent();
  }

  private static Optional<Instant> time(Exchange exchange, String header) {
    try {
      return exchange
          .header(header)
          .map(text -> ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeParseException _) {
      return Optional.empty();
    }
  }

  private static String httpTime(Instant instant) {
    // HTTP requires two digits for the day, RFC_1123_DATE_TIME writes one.
    return DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", java.util.Locale.ENGLISH)
        .withZone(ZoneOffset.UTC)
        .format(instant);
  }

  public void downloadMany(Exchange exchange) throws IOException {
    List<String> paths = paths(Calls.body(exchange, limits));
    AgentFiles files = Calls.sandbox(exchange).agent().files();
    exchange.responseHeader(
        "Content-Type", "multipart/form-data; boundary=" + DownloadParts.BOUNDARY);
    OutputStream out = exchange.outputStream();
    // `sdk-python`, once `python-sdk`.
    boolean python = exchange.header("X-Daytona-Source").orElse("").contains("python");
    DownloadParts parts =
        new DownloadParts(out, python ? FileNames::parametersForPython : FileNames::parameters);
    for (String path : paths) {
      if (!part(files, path, parts)) {
        exchange.abort();
        return;
      }
    }
    parts.end();
    out.close();
  }

  private List<String> paths(BodyReader body) {
    List<String> paths = body.requiredTexts("paths", limits.filesMax());
    if (paths.isEmpty()) {
      throw body.refused("paths", "must not be empty");
    }
    return paths;
  }

  /// Writes the part of one file, or a part that says why it cannot be read.
  ///
  /// @return false when the file ended early, so that the answer must not look complete
  private boolean part(AgentFiles files, String path, DownloadParts parts) throws IOException {
    ReadableFile opened;
    try {
      Calls.checked(path, "path", limits);
      if (path.isEmpty()) {
        throw ToolboxFailures.invalidPath("a path is empty");
      }
      opened = files.read(path, 0, 0);
    } catch (AgentFailure failure) {
      parts.failure(path, ToolboxFailures.of(failure, path));
      return true;
    } catch (OperationFailure failure) {
      parts.failure(path, failure);
      return true;
    }
    try (ReadableFile file = opened) {
      if (file.status().directory()) {
        parts.failure(path, ToolboxFailures.invalidPath(path + " is a directory"));
        return true;
      }
      return parts.file(path, file);
    } catch (AgentFailure _) {
      return false;
    }
  }
}
