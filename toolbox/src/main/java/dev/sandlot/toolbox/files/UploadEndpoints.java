package dev.sandlot.toolbox.files;

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
import java.util.Map;
import java.util.Optional;
import org.apache.commons.fileupload2.core.FileUploadException;

/// Uploads (docs/contract/files.md and docs/contract/versions.md#operations). Files are streamed to
/// the sandbox's disk, not held in memory.
public final class UploadEndpoints {
  private static final int FILE_MODE = 0644;
  private static final WriteOptions SINGLE = new WriteOptions(FILE_MODE, 0750);
  private static final WriteOptions ORDINARY = new WriteOptions(FILE_MODE, 0755);

  private final ToolboxLimits limits;

  public UploadEndpoints(ToolboxLimits limits) {
    this.limits = limits;
  }

  public void upload(Exchange exchange) throws IOException {
    try {
      String path = Calls.path(exchange, "path", limits);
      MultipartBody body =
          MultipartBody.of(exchange)
              .orElseThrow(
                  () -> ToolboxFailures.badRequest("the body must be multipart/form-data"));
      writeFilePart(exchange, path, body, SINGLE);
    } catch (OperationFailure failure) {
      Transfers.drain(exchange.body());
      throw failure;
    }
    exchange.send();
  }

  public void uploadPartOrBody(Exchange exchange) throws IOException {
    String path;
    try {
      path = Calls.path(exchange, "path", limits);
      Optional<MultipartBody> body = MultipartBody.of(exchange);
      if (body.isPresent()) {
        writeFilePart(exchange, path, body.get(), ORDINARY);
      } else {
        write(exchange, path, ORDINARY, exchange.body());
      }
    } catch (OperationFailure failure) {
      Transfers.drain(exchange.body());
      throw failure;
    }
    String name = path.substring(path.lastIndexOf('/') + 1);
    exchange.sendJson(Map.of("name", name, "path", path, "type", "file"));
  }

  private void writeFilePart(
      Exchange exchange, String path, MultipartBody body, WriteOptions options) throws IOException {
    try {
      for (Optional<MultipartBody.Part> part = body.next(); part.isPresent(); part = body.next()) {
        if (part.get().name().equals("file")) {
          write(exchange, path, options, part.get().content());
          body.drain();
          return;
        }
      }
    } catch (FileUploadException e) {
      throw ToolboxFailures.badRequest("the multipart body is broken: " + e.getMessage());
    }
    throw ToolboxFailures.badRequest("the body has no part named file");
  }

  private static void write(
      Exchange exchange, String path, WriteOptions options, InputStream content)
      throws IOException {
    AgentFiles files = Calls.sandbox(exchange).agent().files();
    try {
      files.write(path, options, content);
    } catch (AgentFailure failure) {
      throw ToolboxFailures.of(failure, path);
    }
  }

  public void uploadMany(Exchange exchange) throws IOException {
    Optional<MultipartBody> body = MultipartBody.of(exchange);
    UploadedFiles uploaded =
        new UploadedFiles(Calls.sandbox(exchange).agent().files(), ORDINARY, limits);
    if (body.isEmpty() || exchange.contentLength() == 0) {
      uploaded.fail(
          "the body must be multipart/form-data with parts files[N].path and files[N].file");
      Transfers.drain(exchange.body());
    } else {
      try {
        uploaded.take(body.get());
      } catch (FileUploadException e) {
        uploaded.fail("the multipart body is broken: " + e.getMessage());
      }
      body.get().drain();
    }
    exchange.status(uploaded.failed() ? 400 : 200).sendJson(uploaded.json(exchange));
  }
}
