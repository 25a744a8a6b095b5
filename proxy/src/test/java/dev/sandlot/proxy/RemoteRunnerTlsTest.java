package dev.sandlot.proxy;

import static dev.sandlot.proxy.ProxyFixture.KEY;
import static dev.sandlot.proxy.ProxyFixture.status;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandlot.http.server.TlsFiles;
import dev.sandlot.proxy.access.ProxyLimits;
import dev.sandlot.proxy.access.SandboxDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A runner on another machine that speaks TLS, with a certificate for "localhost".
class RemoteRunnerTlsTest {
  private static final String BEARER = "Authorization: Bearer " + KEY;
  private static final char[] PASSWORD = "for-the-test".toCharArray();

  @TempDir Path folder;

  private SSLContext usual;
  private ProxyFixture fixture;

  @BeforeEach
  void start() throws Exception {
    KeyStore store = certificate(folder.resolve("store"));
    TlsFiles files = new TlsFiles(folder.resolve("certificate"), folder.resolve("key"));
    write(files.certificate(), "CERTIFICATE", store.getCertificate("runner").getEncoded());
    write(files.key(), "PRIVATE KEY", store.getKey("runner", PASSWORD).getEncoded());
    usual = SSLContext.getDefault();
    SSLContext.setDefault(trusting(store));
    fixture = new ProxyFixture(ProxyLimits.DEFAULT, true, Optional.of(files));
  }

  @AfterEach
  void stop() {
    SSLContext.setDefault(usual);
    fixture.close();
  }

  @Test
  void servesCalls() throws IOException {
    String body = "x".repeat(1_000_000);
    String answer = send("POST", "/echo", body);

    assertThat(status(answer)).isEqualTo(200);
    assertThat(answer.chars().filter(letter -> letter == 'x').count())
        .isGreaterThanOrEqualTo(body.length());
  }

  @Test
  void carriesConnectionsToPorts() throws IOException {
    try (RawServer inside =
        new RawServer((_, socket) -> {
          OutputStream out = socket.getOutputStream();
          out.write(
              "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
                  .getBytes(US_ASCII));
          socket.getInputStream().transferTo(out);
        })) {
      fixture.gateway.ports.put(3000, inside.port());
      try (Socket client = fixture.connect()) {
        String head =
            "GET / HTTP/1.1\r\nHost: "
                + fixture.host(3000)
                + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + BEARER
                + "\r\n\r\n";
        client.getOutputStream().write(head.getBytes(US_ASCII));
        InputStream in = client.getInputStream();
        assertThat(RawServer.readHead(in)).startsWith("HTTP/1.1 101");
        client.getOutputStream().write("through".getBytes(US_ASCII));
        assertThat(new String(in.readNBytes(7), US_ASCII)).isEqualTo("through");
        client.shutdownOutput();
        assertThat(in.read()).isEqualTo(-1);
      }
    }
  }

  @Test
  void isNotCalledByAnotherName() throws IOException {
    fixture.directory.runner =
        new SandboxDirectory.Runner(
            fixture.runner,
            Optional.of(URI.create("https://127.0.0.1:" + fixture.remote.orElseThrow().port())));

    assertThat(send("GET", "/seen", "")).startsWith("HTTP/1.1 503").contains("cannot be reached");
  }

  @Test
  void isNotCalledWithACertificateThatNobodyTrusts() throws IOException {
    SSLContext.setDefault(usual);

    assertThat(send("GET", "/seen", "")).startsWith("HTTP/1.1 503").contains("cannot be reached");
  }

  private String send(String method, String target, String body) throws IOException {
    return fixture.send(method, "localhost", "/toolbox/" + fixture.closed + target, body, BEARER);
  }

  private static KeyStore certificate(Path file) throws Exception {
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/keytool").toString(),
                "-genkeypair",
                "-alias",
                "runner",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "SAN=dns:localhost",
                "-keystore",
                file.toString(),
                "-storepass",
                new String(PASSWORD))
            .redirectErrorStream(true)
            .start();
    String said = new String(keytool.getInputStream().readAllBytes(), US_ASCII);
    assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).as(said).isTrue();
    return KeyStore.getInstance(file.toFile(), PASSWORD);
  }

  private static SSLContext trusting(KeyStore store) throws GeneralSecurityException, IOException {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, PASSWORD);
    trusted.setCertificateEntry("runner", store.getCertificate("runner"));
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context;
  }

  private static void write(Path file, String kind, byte[] content) throws IOException {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    Files.writeString(
        file, "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n");
  }
}
