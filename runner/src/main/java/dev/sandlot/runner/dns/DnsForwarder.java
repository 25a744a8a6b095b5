package dev.sandlot.runner.dns;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.Message;
import org.xbill.DNS.OPTRecord;

/// A DNS forwarder: answers queries over UDP and TCP by asking an upstream resolver. Thread-safe.
///
/// Clients are not trusted: each has a rate limit, and limits on pending queries and connections,
/// so that none can starve the others. Queries beyond a limit are dropped; clients send them again.
public final class DnsForwarder implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(DnsForwarder.class);
  private static final int QUESTION_BYTES_MAX = 4_096;
  private static final int UDP_ANSWER_BYTES_MIN = 512;
  private static final int UDP_ANSWER_BYTES_MAX = 1_232;
  private static final int TCP_ANSWER_BYTES_MAX = 65_535;

  private final DatagramSocket udp;
  private final ServerSocket tcp;
  private final DnsAnswers answers;
  private final DnsLimits limits;
  private final DnsClients clients;
  private final Semaphore inFlight;
  private final Semaphore connections;
  private final LongAdder questions = new LongAdder();
  private final LongAdder dropped = new LongAdder();

  private DnsForwarder(DatagramSocket udp, ServerSocket tcp, DnsAnswers answers, DnsLimits limits) {
    this.udp = udp;
    this.tcp = tcp;
    this.answers = answers;
    this.limits = limits;
    this.clients = new DnsClients(limits);
    this.inFlight = new Semaphore(limits.inFlightMax());
    this.connections = new Semaphore(limits.connectionsMax());
  }

  /// Starts to answer.
  ///
  /// @param listen the address; port 0 for any free one
  /// @param policies by client address; a client without one is refused
  /// @throws UncheckedIOException when the address cannot be bound
  public static DnsForwarder start(
      InetSocketAddress listen, DnsConfig config, NetworkPolicies policies) {
    return start(listen, config, DnsLimits.STANDARD, policies);
  }

  static DnsForwarder start(
      InetSocketAddress listen, DnsConfig config, DnsLimits limits, NetworkPolicies policies) {
    InetSocketAddress address = new InetSocketAddress(listen.getHostString(), listen.getPort());
    DatagramSocket udp = null;
    try {
      udp = new DatagramSocket(address);
      ServerSocket tcp = new ServerSocket(udp.getLocalPort(), 0, address.getAddress());
      DnsForwarder forwarder =
          new DnsForwarder(udp, tcp, new DnsAnswers(config, limits, policies), limits);
      Thread.ofVirtual().name("dns-udp").start(forwarder::serveUdp);
      Thread.ofVirtual().name("dns-tcp").start(forwarder::serveTcp);
      return forwarder;
    } catch (IOException e) {
      if (udp != null) {
        udp.close();
      }
      throw new UncheckedIOException(
          "cannot answer name look-ups on " + listen + "; is another runner using the address?", e);
    }
  }

  /// The port it listens on.
  public int port() {
    return udp.getLocalPort();
  }

  /// How many queries came in so far.
  public long questions() {
    return questions.sum();
  }

  /// How many queries were dropped at a limit.
  public long dropped() {
    return dropped.sum();
  }

  private void serveUdp() {
    byte[] buffer = new byte[QUESTION_BYTES_MAX];
    while (!udp.isClosed()) {
      DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
      try {
        udp.receive(packet);
      } catch (IOException e) {
        if (!udp.isClosed()) {
          LOGGER.atDebug().setCause(e).log("look-up cannot be received");
        }
        continue;
      }
      DnsClient client = clients.of(packet.getAddress());
      if (tryBegin(client)) {
        byte[] question = Arrays.copyOf(packet.getData(), packet.getLength());
        InetSocketAddress clientAddress = (InetSocketAddress) packet.getSocketAddress();
        Thread.ofVirtual()
            .name("dns-question")
            .start(() -> answerUdp(question, clientAddress, client));
      }
    }
  }

  /// Admits a query within the limits; an admitted one must be ended.
  private boolean tryBegin(DnsClient client) {
    questions.increment();
    if (client.tryBegin(System.nanoTime())) {
      if (inFlight.tryAcquire()) {
        return true;
      }
      client.end();
    }
    dropped.increment();
    return false;
  }

  private void end(DnsClient client) {
    inFlight.release();
    client.end();
  }

  private void answerUdp(byte[] question, InetSocketAddress clientAddress, DnsClient client) {
    try {
      Optional<Message> answer = answers.answer(question, clientAddress.getAddress(), client);
      if (answer.isPresent()) {
        byte[] wire = DnsAnswers.wire(answer.get(), udpRoom(question));
        udp.send(new DatagramPacket(wire, wire.length, clientAddress));
      }
    } catch (IOException | RuntimeException e) {
      LOGGER.atDebug().setCause(e).log("look-up cannot be answered");
    } finally {
      end(client);
    }
  }

  /// The size of answer that the client accepts over UDP. A longer one is truncated and marked so,
  /// and the client asks again over TCP.
  private static int udpRoom(byte[] question) throws IOException {
    OPTRecord options = new Message(question).getOPT();
    return options == null
        ? UDP_ANSWER_BYTES_MIN
        : Math.clamp(options.getPayloadSize(), UDP_ANSWER_BYTES_MIN, UDP_ANSWER_BYTES_MAX);
  }

  private void serveTcp() {
    while (!tcp.isClosed()) {
      try {
        Socket socket = tcp.accept();
        DnsClient client = clients.of(socket.getInetAddress());
        if (tryOpen(client)) {
          Thread.ofVirtual().name("dns-connection").start(() -> serve(socket, client));
        } else {
          dropped.increment();
          socket.close();
        }
      } catch (IOException e) {
        if (!tcp.isClosed()) {
          LOGGER.atDebug().setCause(e).log("look-up connection cannot be accepted");
        }
      }
    }
  }

  private boolean tryOpen(DnsClient client) {
    if (client.tryOpen()) {
      if (connections.tryAcquire()) {
        return true;
      }
      client.closed();
    }
    return false;
  }

  private void serve(Socket socket, DnsClient client) {
    Thread deadline = Thread.ofVirtual().name("dns-deadline").start(() -> closeAtDeadline(socket));
    try (socket) {
      socket.setSoTimeout(Math.toIntExact(limits.connectionIdleMax().toMillis()));
      DataInputStream in = new DataInputStream(socket.getInputStream());
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      for (int count = 0; count < limits.connectionQuestionsMax(); count++) {
        byte[] question = new byte[in.readUnsignedShort()];
        if (question.length > QUESTION_BYTES_MAX) {
          return;
        }
        in.readFully(question);
        if (!tryBegin(client) || !answerTcp(question, socket.getInetAddress(), client, out)) {
          return;
        }
      }
    } catch (IOException _) {
      // The client has disconnected, or is too slow.
    } finally {
      deadline.interrupt();
      connections.release();
      client.closed();
    }
  }

  /// Closes a connection at the end of its life, however slowly it is used.
  private void closeAtDeadline(Socket socket) {
    try (socket) {
      Thread.sleep(limits.connectionMax());
    } catch (InterruptedException | IOException _) {
      // It has ended before.
    }
  }

  private boolean answerTcp(
      byte[] question, InetAddress clientAddress, DnsClient client, DataOutputStream out)
      throws IOException {
    try {
      Optional<Message> answer = answers.answer(question, clientAddress, client);
      if (answer.isEmpty()) {
        return false;
      }
      byte[] wire = DnsAnswers.wire(answer.get(), TCP_ANSWER_BYTES_MAX);
      out.writeShort(wire.length);
      out.write(wire);
      out.flush();
      return true;
    } finally {
      end(client);
    }
  }

  @Override
  public void close() {
    udp.close();
    try {
      tcp.close();
    } catch (IOException _) {
      // It is gone either way.
    }
  }
}
