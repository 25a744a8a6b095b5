package dev.sandlot.runner.toolbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Uploads, downloads and changes of files over HTTP, on any engine.
abstract class ToolboxFilesContract extends ToolboxSearchContract {
  private static final String FORM = "multipart/form-data; boundary=b";

  @Test
  void uploadsAndDownloadsAFileUnchanged() throws Exception {
    String path = "folder one/na\u00efve \u6587\u4ef6.txt";
    HttpResponse<String> uploaded =
        form(
            "/files/upload?path=" + encoded(path),
            part("file", "; filename=\"ignored\"", "caf\u00e9\r\n--not-the-boundary\r\n"));

    assertThat(uploaded.statusCode()).isEqualTo(200);
    HttpResponse<String> downloaded = get("/files/download?path=" + encoded(path));
    assertThat(downloaded.body()).isEqualTo("caf\u00e9\r\n--not-the-boundary\r\n");
    assertThat(downloaded.headers().firstValue("Content-Disposition").orElseThrow())
        .contains("filename*=utf-8''na%C3%AFve%20%E6%96%87%E4%BB%B6.txt");
  }

  @Test
  void keepsAnEmptyFileEmpty() throws Exception {
    assertThat(bulk(pair(0, "empty", "")).statusCode()).isEqualTo(200);

    assertThat(getBytes("/files/download?path=empty").body()).isEmpty();
    assertThat(json(get("/files/info?path=empty")).path("size").longValue()).isZero();
  }

  @Test
  void acceptsARawBody() throws Exception {
    HttpResponse<String> answer =
        send(
            "POST",
            "/files/upload-v2?path=raw%2Fdata.bin",
            "application/octet-stream",
            BodyPublishers.ofString("raw"));

    assertThat(json(answer).path("name").stringValue()).isEqualTo("data.bin");
    assertThat(json(answer).path("type").stringValue()).isEqualTo("file");
    assertThat(get("/files/download?path=raw/data.bin").body()).isEqualTo("raw");
  }

  @Test
  void acceptsPathsFirstOrAlternating() throws Exception {
    HttpResponse<String> first =
        bulk(
            part("files[0].path", "", "p0")
                + part("files[1].path", "", " p1 ")
                + part("files[0].file", "; filename=\"x\"", "zero")
                + part("files[1].file", "; filename=\"x\"", "one"));
    HttpResponse<String> inTurn = bulk(pair(0, "../daytona/p2", "two") + pair(1, "p3", "three"));

    assertThat(first.statusCode()).isEqualTo(200);
    assertThat(json(first).path("files").path(1).path("bytes").longValue()).isEqualTo(3);
    assertThat(json(inTurn).path("files").path(0).path("path").stringValue())
        .isEqualTo("../daytona/p2");
    assertThat(get("/files/download?path=p1").body()).isEqualTo("one");
    assertThat(get("/files/download?path=p2").body()).isEqualTo("two");
  }

  @Test
  void writesTheOtherFilesWhenOneFails() throws Exception {
    folder("taken");

    HttpResponse<String> answer =
        bulk(pair(0, "taken", "x") + pair(1, "written", "y") + part("files[2].file", "", "z"));

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(json(answer).path("errors").size()).isEqualTo(2);
    assertThat(json(answer).path("files").size()).isEqualTo(1);
    assertThat(get("/files/download?path=written").body()).isEqualTo("y");
  }

  @Test
  void refusesABodyThatIsNotMultipart() throws Exception {
    HttpResponse<String> answer = postJson("/files/bulk-upload", "{}");

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(json(answer).path("errors").size()).isEqualTo(1);
    assertThat(bulkRaw("--b\r\ncut off").statusCode()).isEqualTo(400);
  }

  @Test
  void downloadsManyWithAPartForEachFailure() throws Exception {
    assertThat(bulk(pair(0, "a \"quoted\".txt", "alpha")).statusCode()).isEqualTo(200);

    HttpResponse<String> answer =
        postJson(
            "/files/bulk-download",
            "{\"paths\":[\"a \\\"quoted\\\".txt\",\"/no/such\",\"/home\",\"\"]}");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type"))
        .contains("multipart/form-data; boundary=DAYTONA-FILE-BOUNDARY");
    assertThat(answer.body())
        .startsWith(
            "--DAYTONA-FILE-BOUNDARY\r\nContent-Disposition: form-data; name=\"file\";"
                + " filename=\"a \\\"quoted\\\".txt\"; filename*=utf-8''a%20%22quoted%22.txt\r\n"
                + "Content-Length: 5\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
                + "alpha\r\n--DAYTONA-FILE-BOUNDARY\r\n")
        .contains("name=\"error\"; filename=\"/no/such\"; filename*=utf-8''%2Fno%2Fsuch")
        .contains("\"code\":\"FILE_NOT_FOUND\"")
        .contains("\"code\":\"INVALID_FILE_PATH\"")
        .endsWith("\r\n--DAYTONA-FILE-BOUNDARY--\r\n");
  }

  @Test
  void refusesDownloadsOfNothing() throws Exception {
    assertThat(postJson("/files/bulk-download", "{\"paths\":[]}").statusCode()).isEqualTo(400);
    assertThat(get("/files/download").statusCode()).isEqualTo(400);
    assertThat(get("/files/download?path=/no/such").statusCode()).isEqualTo(404);
    assertThat(get("/files/download?path=/home").statusCode()).isEqualTo(400);
    assertThat(json(get("/files/download?path=/no/such")).path("code").stringValue())
        .isEqualTo("FILE_NOT_FOUND");
  }

  @Test
  void servesRangesAndConditionalRequests() throws Exception {
    assertThat(bulk(pair(0, "digits", "0123456789")).statusCode()).isEqualTo(200);
    String path = "/files/download?path=digits";

    HttpResponse<String> part = get(path, "Range", "bytes=2-4");
    HttpResponse<String> end = get(path, "Range", "bytes=-3");
    HttpResponse<String> beyond = get(path, "Range", "bytes=50-");
    String modified = part.headers().firstValue("Last-Modified").orElseThrow();

    assertThat(part.statusCode()).isEqualTo(206);
    assertThat(part.body()).isEqualTo("234");
    assertThat(part.headers().firstValue("Content-Range")).contains("bytes 2-4/10");
    assertThat(end.body()).isEqualTo("789");
    assertThat(beyond.statusCode()).isEqualTo(416);
    assertThat(get(path, "If-Modified-Since", modified).statusCode()).isEqualTo(304);
  }

  @Test
  void listsByNameWithoutDanglingLinks() throws Exception {
    folder("listed/inner");
    assertThat(bulk(pair(0, "listed/b", "x") + pair(1, "listed/.a", "")).statusCode())
        .isEqualTo(200);
    execute("{\"command\":\"ln -sf /no/such listed/dangling\"}");

    assertThat(names(json(get("/files?path=listed")))).containsExactly(".a", "b", "inner");
    assertThat(get("/files/?path=listed").statusCode()).isEqualTo(200);
    assertThat(get("/files?path=/no/such").statusCode()).isEqualTo(404);
    assertThat(get("/files?path=listed/b").statusCode()).isEqualTo(400);
    assertThat(get("/files?path=listed&depth=0").statusCode()).isEqualTo(400);
  }

  @Test
  void returnsAFilesAttributesInTheContractsForm() throws Exception {
    assertThat(bulk(pair(0, "described", "12345")).statusCode()).isEqualTo(200);
    send(
        "POST",
        "/files/permissions?path=described&mode=640",
        "text/plain",
        BodyPublishers.noBody());

    JsonNode info = json(get("/files/info?path=described"));

    assertThat(info.path("mode").stringValue()).isEqualTo("-rw-r-----");
    assertThat(info.path("permissions").stringValue()).isEqualTo("0640");
    assertThat(info.path("size").longValue()).isEqualTo(5);
    assertThat(info.path("isDir").booleanValue()).isFalse();
    assertThat(info.path("owner").stringValue()).containsOnlyDigits();
    assertThat(info.path("modTime").stringValue()).endsWith(" +0000 UTC");
  }

  @Test
  void refusesInvalidPermissions() throws Exception {
    assertThat(bulk(pair(0, "guarded", "1")).statusCode()).isEqualTo(200);
    String before = json(get("/files/info?path=guarded")).path("permissions").stringValue();

    assertThat(permissions("path=guarded&mode=rwx")).isEqualTo(400);
    assertThat(permissions("path=guarded&owner=no-such-user")).isEqualTo(400);
    assertThat(permissions("path=no-such&mode=600")).isEqualTo(404);
    assertThat(json(get("/files/info?path=guarded")).path("permissions").stringValue())
        .isEqualTo(before);
  }

  private int permissions(String query) throws Exception {
    return send("POST", "/files/permissions?" + query, "text/plain", BodyPublishers.noBody())
        .statusCode();
  }

  @Test
  void writesARawBodyToFilesOnly() throws Exception {
    for (String place : new String[] {"?path=", "?path=%2Ftmp", ""}) {
      HttpResponse<String> refused =
          send(
              "POST",
              "/files/upload-v2" + place,
              "application/octet-stream",
              BodyPublishers.ofString("raw"));

      assertThat(refused.statusCode()).as(place).isEqualTo(400);
    }
  }

  @Test
  void movesButNeverOverAnother() throws Exception {
    assertThat(bulk(pair(0, "from", "1") + pair(1, "there", "2")).statusCode()).isEqualTo(200);

    assertThat(move("from", "there")).isEqualTo(409);
    assertThat(move("no-such", "free")).isEqualTo(404);
    assertThat(move("from", "free")).isEqualTo(200);
    assertThat(get("/files/download?path=free").body()).isEqualTo("1");
  }

  @Test
  void deletesFoldersOnlyRecursively() throws Exception {
    folder("full");
    assertThat(bulk(pair(0, "full/file", "")).statusCode()).isEqualTo(200);

    assertThat(delete("/files?path=full")).isEqualTo(400);
    assertThat(delete("/files?path=full&recursive=TRUE")).isEqualTo(400);
    assertThat(delete("/files?path=full&recursive=true")).isEqualTo(204);
    assertThat(delete("/files?path=full&recursive=true")).isEqualTo(404);
  }

  @Test
  void makesAFolderOnceOrTwice() throws Exception {
    assertThat(folder("made/deep")).isEqualTo(201);
    assertThat(folder("made/deep")).isEqualTo(201);
    assertThat(
            send("POST", "/files/folder?path=x&mode=9z", "text/plain", BodyPublishers.noBody())
                .statusCode())
        .isEqualTo(400);
  }

  @Test
  void refusesInvalidPaths() throws Exception {
    assertThat(get("/files/info?path=a%00b").statusCode()).isEqualTo(400);
    assertThat(get("/files/info?path=" + "x".repeat(5_000)).statusCode()).isEqualTo(400);
  }

  /// Sends a file larger than the heap that this JVM may use, and reads it back.
  final void carry(long bytes) throws Exception {
    HttpResponse<String> uploaded =
        send(
            "POST",
            "/files/upload-v2?path=large",
            "application/octet-stream",
            BodyPublishers.ofInputStream(() -> zeros(bytes)));

    assertThat(uploaded.statusCode()).as(uploaded.body()).isEqualTo(200);
    assertThat(json(get("/files/info?path=large")).path("size").longValue()).isEqualTo(bytes);
  }

  private static InputStream zeros(long bytes) {
    return new InputStream() {
      private long left = bytes;

      @Override
      public int read() {
        return left-- > 0 ? 0 : -1;
      }

      @Override
      public int read(byte[] target, int offset, int length) {
        if (left <= 0) {
          return -1;
        }
        int count = (int) Math.min(left, length);
        left -= count;
        return count;
      }
    };
  }

  private static java.util.List<String> names(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false)
        .map(entry -> entry.path("name").stringValue())
        .toList();
  }

  private int folder(String path) throws Exception {
    return send("POST", "/files/folder?path=" + path, "text/plain", BodyPublishers.noBody())
        .statusCode();
  }

  private int move(String source, String destination) throws Exception {
    return send(
            "POST",
            "/files/move?source=" + source + "&destination=" + destination,
            "text/plain",
            BodyPublishers.noBody())
        .statusCode();
  }

  private int delete(String path) throws Exception {
    return send("DELETE", path, "text/plain", BodyPublishers.noBody()).statusCode();
  }

  private HttpResponse<String> bulk(String parts) throws Exception {
    return form("/files/bulk-upload", parts);
  }

  private HttpResponse<String> form(String path, String parts) throws Exception {
    return send("POST", path, FORM, BodyPublishers.ofString(parts + "--b--\r\n", UTF_8));
  }

  private HttpResponse<String> bulkRaw(String body) throws Exception {
    return send("POST", "/files/bulk-upload", FORM, BodyPublishers.ofString(body, UTF_8));
  }

  private static String pair(int number, String path, String content) {
    return part("files[" + number + "].path", "", path)
        + part("files[" + number + "].file", "; filename=\"f\"", content);
  }

  private static String part(String name, String more, String content) {
    return "--b\r\nContent-Disposition: form-data; name=\""
        + name
        + "\""
        + more
        + "\r\n\r\n"
        + content
        + "\r\n";
  }
}
