package dev.sandlot.proxy.runner;

import dev.sandlot.http.HttpFailure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import jdk.net.ExtendedSocketOptions;

/// Opens connections to runners on other machines. A machine that has vanished is noticed within a
/// minute, also by a call that waits for an answer. Thread-safe.
final class RunnerConnections {
  private static final int CONNECT_MILLISECONDS_MAX = 5_000;
  private static final int HANDSHAKE_MILLISECONDS_MAX = 10_000;

  /// A connection at rest is asked after this, so often, and given up after so many questions.
  private static final int ASKED_AFTER_SECONDS = 15;

  private static final int ASKED_EVERY_SECONDS = 10;
  private static final int ASKED_TIMES = 4;

  private final boolean inTheClear;

  /// @param inTheClear whether keys may go to other machines without TLS
  RunnerConnections(boolean inTheClear) {
    this.inTheClear = inTheClear;
  }

  /// @param address scheme, host and port
  /// @throws HttpFailure 503 when nobody answers there, or not with a certificate for that name
  RunnerConnection open(URI address) {
    boolean secure = "https".equals(address.getScheme());
    int port = address.getPort() > 0 ? address.getPort() : secure ? 443 : 80;
    Socket socket = new Socket();
    try {
      socket.connect(
          new InetSocketAddress(InetAddress.getByName(address.getHost()), port),
          CONNECT_MILLISECONDS_MAX);
      if (!secure && !inTheClear && !socket.getInetAddress().isLoopbackAddress()) {
        throw unreachable("its address " + address + " is not https, and is on another machine");
      }
      socket.setTcpNoDelay(true);
      noticeVanished(socket);
      return new RunnerConnection(socket, secure ? encrypted(socket, address.getHost()) : socket);
    } catch (IOException e) {
      close(socket);
      throw unreachable(address + ": " + e.getMessage());
    } catch (RuntimeException e) {
      close(socket);
      throw e;
    }
  }

  private static void noticeVanished(Socket socket) throws IOException {
    socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    socket.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, ASKED_AFTER_SECONDS);
    socket.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, ASKED_EVERY_SECONDS);
    socket.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, ASKED_TIMES);
  }

  private static Socket encrypted(Socket plain, String host) throws IOException {
    SSLSocket socket =
        (SSLSocket) defaults().getSocketFactory().createSocket(plain, host, plain.getPort(), true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    plain.setSoTimeout(HANDSHAKE_MILLISECONDS_MAX);
    socket.startHandshake();
    plain.setSoTimeout(0);
    return socket;
  }

  /// Trusts whom the JDK trusts.
  private static SSLContext defaults() {
    try {
      return SSLContext.getDefault();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has a default of TLS", e);
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException _) {
      // It never was open.
    }
  }

  /// What is said of a runner that cannot be called; the proxy's failure, not the toolbox's.
  static HttpFailure unreachable(String reason) {
    return new HttpFailure(
        503,
        "",
        "the runner of this sandbox cannot be reached: "
            + reason
            + "; try again, and tell the operator when it stays so",
        Map.of(),
        Map.of("source", "DAYTONA_PROXY"));
  }
}
