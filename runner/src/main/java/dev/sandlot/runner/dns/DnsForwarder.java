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

/// Answers name look-ups over UDP and TCP by asking an upstream resolver. Thread-safe.
///
/// The senders are not trusted: each has its rate, and its share of questions and connections under
/// way, so that one leaves room for the others; what comes beyond is dropped, and clients ask
/// again.
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
  private final Sources sources;
  private final Semaphore inFlight;
  private final Semaphore connections;
  private final LongAdder questions = new LongAdder();
  private final LongAdder dropped = new LongAdder();

  private DnsForwarder(DatagramSocket udp, ServerSocket tcp, DnsAnswers answers, DnsLimits limits) {
    this.udp = udp;
    this.tcp = tcp;
    this.answers = answers;
    this.limits = limits;
    this.sources = new Sources(limits);
    this.inFlight = new Semaphore(limits.inFlightMax());
    this.connections = new Semaphore(limits.connectionsMax());
  }

  /// Starts to answer.
  ///
  /// @param listen where; port 0 for any free one
  /// @param policies who asks; whoever has none is refused
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

  /// The port it answers on.
  public int port() {
    return udp.getLocalPort();
  }

  /// Questions that came in so far.
  public long questions() {
    return questions.sum();
  }

  /// Questions that were not answered because of a limit.
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
      Source source = sources.of(packet.getAddress());
      if (admit(source)) {
        byte[] question = Arrays.copyOf(packet.getData(), packet.getLength());
        InetSocketAddress asker = (InetSocketAddress) packet.getSocketAddress();
        Thread.ofVirtual().name("dns-question").start(() -> answerUdp(question, asker, source));
      }
    }
  }

  /// Counts a question in; one that is let in must be ended.
  private boolean admit(Source source) {
    questions.increment();
    if (source.begin(System.nanoTime())) {
      if (inFlight.tryAcquire()) {
        return true;
      }
      source.end();
    }
    dropped.increment();
    return false;
  }

  private void end(Source source) {
    inFlight.release();
    source.end();
  }

  private void answerUdp(byte[] question, InetSocketAddress asker, Source source) {
    try {
      Optional<Message> answer = answers.answer(question, asker.getAddress(), source);
      if (answer.isPresent()) {
        byte[] wire = DnsAnswers.wire(answer.get(), udpRoom(question));
        udp.send(new DatagramPacket(wire, wire.length, asker));
      }
    } catch (IOException | RuntimeException e) {
      LOGGER.atDebug().setCause(e).log("look-up cannot be answered");
    } finally {
      end(source);
    }
  }

  /// What the asker can take; a longer answer is cut and marked, and asked for again over TCP.
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
        Source source = sources.of(socket.getInetAddress());
        if (open(source)) {
          Thread.ofVirtual().name("dns-connection").start(() -> serve(socket, source));
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

  private boolean open(Source source) {
    if (source.open()) {
      if (connections.tryAcquire()) {
        return true;
      }
      source.closed();
    }
    return false;
  }

  private void serve(Socket socket, Source source) {
    Thread deadline = Thread.ofVirtual().name("dns-deadline").start(() -> closeLater(socket));
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
        if (!admit(source) || !answerTcp(question, socket.getInetAddress(), source, out)) {
          return;
        }
      }
    } catch (IOException _) {
      // The asker has left, or takes too long.
    } finally {
      deadline.interrupt();
      connections.release();
      source.closed();
    }
  }

  /// Ends a connection on which a byte comes, or is taken, now and then.
  private void closeLater(Socket socket) {
    try (socket) {
      Thread.sleep(limits.connectionMax());
    } catch (InterruptedException | IOException _) {
      // It has ended before.
    }
  }

  private boolean answerTcp(byte[] question, InetAddress asker, Source source, DataOutputStream out)
      throws IOException {
    try {
      Optional<Message> answer = answers.answer(question, asker, source);
      if (answer.isEmpty()) {
        return false;
      }
      byte[] wire = DnsAnswers.wire(answer.get(), TCP_ANSWER_BYTES_MAX);
      out.writeShort(wire.length);
      out.write(wire);
      out.flush();
      return true;
    } finally {
      end(source);
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
