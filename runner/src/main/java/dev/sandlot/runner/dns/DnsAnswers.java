package dev.sandlot.runner.dns;

import dev.sandlot.model.Ipv4Range;
import dev.sandlot.model.NetworkPolicy;
import dev.sandlot.runtime.RuntimeFailure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Header;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Resolver;
import org.xbill.DNS.ResolverConfig;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/// Answers DNS queries. Thread-safe.
///
/// Sandboxes have no IPv6, so queries for IPv6 addresses are answered with none; a program that got
/// one would try it in vain. Addresses that a sandbox may not reach are removed from answers: a
/// public name with a private address can be used for DNS rebinding, and reveals the host's
/// network.
final class DnsAnswers {
  private static final Logger LOGGER = LoggerFactory.getLogger(DnsAnswers.class);

  /// Higher codes belong to EDNS (RFC 6891) and do not fit into the header.
  private static final int PLAIN_CODE_MAX = 15;

  /// Further ones are not asked, since each may take the full timeout.
  private static final int UPSTREAMS_MAX = 3;

  /// TTL of answers under an allow list; the upstream's could carry data.
  private static final long LISTED_SECONDS = 30;

  private final List<Resolver> upstreams;
  private final NetworkPolicies policies;
  private final List<Ipv4Range> closed;
  private final PrivateNames privateNames;

  DnsAnswers(DnsConfig config, DnsLimits limits, NetworkPolicies policies) {
    this(resolvers(config, limits), config.blocked(), policies);
  }

  /// @param upstreams resolvers to ask, in this order
  /// @param blocked ranges of which no answer may hold an address, besides {@link Ipv4Range#CLOSED}
  DnsAnswers(List<Resolver> upstreams, List<Ipv4Range> blocked, NetworkPolicies policies) {
    this.upstreams = upstreams;
    this.policies = policies;
    List<Ipv4Range> ranges = new ArrayList<>(Ipv4Range.CLOSED);
    ranges.addAll(blocked);
    this.closed = List.copyOf(ranges);
    this.privateNames = new PrivateNames(closed);
  }

  private static List<Resolver> resolvers(DnsConfig config, DnsLimits limits) {
    List<InetSocketAddress> addresses =
        config.upstreams().isEmpty()
            ? ResolverConfig.getCurrentConfig().servers()
            : config.upstreams();
    List<Resolver> resolvers = new ArrayList<>();
    for (InetSocketAddress address : addresses) {
      SimpleResolver resolver = new SimpleResolver(address);
      resolver.setTimeout(limits.answerMax());
      resolvers.add(resolver);
    }
    return List.copyOf(resolvers.subList(0, Math.min(resolvers.size(), UPSTREAMS_MAX)));
  }

  /// The answer to a packet; empty when it is no query.
  Optional<Message> answer(byte[] packet, InetAddress clientAddress, DnsClient client) {
    Message question;
    try {
      question = new Message(packet);
    } catch (IOException | RuntimeException _) {
      return Optional.empty();
    }
    if (question.getHeader().getFlag(Flags.QR)) {
      return Optional.empty();
    }
    Record asked = question.getQuestion();
    if (question.getHeader().getOpcode() != Opcode.QUERY) {
      return Optional.of(reply(question, Rcode.NOTIMP));
    }
    if (asked == null || question.getSection(Section.QUESTION).size() != 1) {
      return Optional.of(reply(question, Rcode.FORMERR));
    }
    if (refused(asked)) {
      return Optional.of(reply(question, Rcode.REFUSED));
    }
    NetworkPolicy policy;
    try {
      policy = policies.at(clientAddress).orElseGet(NetworkPolicy.BlockAll::new);
    } catch (RuntimeFailure failure) {
      LOGGER.atWarn().setCause(failure).log("who looks up a name cannot be found out");
      return Optional.of(reply(question, Rcode.SERVFAIL));
    }
    return Optional.of(answer(question, policy, client));
  }

  private Message answer(Message question, NetworkPolicy policy, DnsClient client) {
    return switch (policy) {
      case NetworkPolicy.BlockAll() -> reply(question, Rcode.REFUSED);
      case NetworkPolicy.Internet() -> known(question).orElseGet(() -> open(question));
      case NetworkPolicy.AllowList(var ranges) ->
          known(question).orElseGet(() -> listed(question, ranges, client));
    };
  }

  private static boolean refused(Record asked) {
    int type = asked.getType();
    return asked.getDClass() != DClass.IN
        || type == Type.AXFR
        || type == Type.IXFR
        || type == Type.ANY;
  }

  /// Answers that need no upstream. SVCB and HTTPS records are answered with none, since they can
  /// hold addresses.
  private Optional<Message> known(Message question) {
    Record asked = question.getQuestion();
    if (privateNames.contains(asked.getName())) {
      return Optional.of(reply(question, Rcode.NXDOMAIN));
    }
    return switch (asked.getType()) {
      case Type.AAAA, Type.A6, Type.HTTPS, Type.SVCB -> Optional.of(reply(question, Rcode.NOERROR));
      default -> Optional.empty();
    };
  }

  private Message open(Message question) {
    Optional<Message> found = ask(question.getQuestion());
    if (found.isEmpty()) {
      return reply(question, Rcode.SERVFAIL);
    }
    Message answer = reply(question, found.get().getRcode());
    List<Record> records = found.get().getSection(Section.ANSWER);
    List<Record> passed = records.stream().filter(record -> !namesClosedAddress(record)).toList();
    if (passed.size() < records.size() && passed.stream().noneMatch(ARecord.class::isInstance)) {
      // Without an address left, the names that lead to it are not passed on either.
      return reply(question, Rcode.REFUSED);
    }
    passed.forEach(record -> answer.addRecord(record, Section.ANSWER));
    found
        .get()
        .getSection(Section.AUTHORITY)
        .forEach(record -> answer.addRecord(record, Section.AUTHORITY));
    return answer;
  }

  private boolean namesClosedAddress(Record record) {
    return record.getType() == Type.AAAA
        || record instanceof ARecord address && within(closed, address);
  }

  private static boolean within(List<Ipv4Range> ranges, ARecord record) {
    Ipv4Range address = Ipv4Range.of(record.getAddress().getHostAddress());
    return ranges.stream().anyMatch(range -> range.contains(address));
  }

  /// Under an allow list a name is allowed when one of its addresses is in the list. Nothing else
  /// of the upstream's answer is passed on, and new names are rate-limited: either could be used to
  /// get data past the list.
  private Message listed(Message question, List<Ipv4Range> ranges, DnsClient client) {
    Record asked = question.getQuestion();
    Name name = lowerCase(asked.getName());
    if (asked.getType() != Type.A || !client.mayLookUp(name, System.nanoTime())) {
      return reply(question, Rcode.REFUSED);
    }
    Optional<Message> found = ask(Record.newRecord(name, Type.A, DClass.IN));
    if (found.isEmpty()) {
      return reply(question, Rcode.SERVFAIL);
    }
    Message answer = reply(question, Rcode.NOERROR);
    for (Record record : found.get().getSection(Section.ANSWER)) {
      if (record instanceof ARecord address
          && within(ranges, address)
          && !within(closed, address)) {
        answer.addRecord(
            new ARecord(asked.getName(), DClass.IN, LISTED_SECONDS, address.getAddress()),
            Section.ANSWER);
      }
    }
    if (answer.getSection(Section.ANSWER).isEmpty()) {
      boolean absent = found.get().getRcode() == Rcode.NXDOMAIN;
      return reply(question, absent ? Rcode.NXDOMAIN : Rcode.REFUSED);
    }
    client.allowListed(name);
    return answer;
  }

  /// The name in lower case: upper and lower case could carry data to the outside.
  private static Name lowerCase(Name name) {
    try {
      return Name.fromString(name.toString().toLowerCase(Locale.ROOT));
    } catch (TextParseException _) {
      return name;
    }
  }

  private Optional<Message> ask(Record asked) {
    for (Resolver upstream : upstreams) {
      try {
        return Optional.of(upstream.send(Message.newQuery(asked)));
      } catch (IOException | RuntimeException _) {
        // The next one is asked.
      }
    }
    return Optional.empty();
  }

  /// The bytes of an answer, truncated to `room` bytes. The library can parse records that it
  /// cannot write; an answer with one of them becomes SERVFAIL.
  static byte[] wire(Message answer, int room) {
    try {
      return answer.toWire(room);
    } catch (RuntimeException _) {
      return reply(answer, Rcode.SERVFAIL).toWire(room);
    }
  }

  private static Message reply(Message question, int code) {
    Message answer = new Message(question.getHeader().getID());
    Header header = answer.getHeader();
    header.setFlag(Flags.QR);
    header.setFlag(Flags.RA);
    if (question.getHeader().getFlag(Flags.RD)) {
      header.setFlag(Flags.RD);
    }
    header.setRcode(code > PLAIN_CODE_MAX ? Rcode.SERVFAIL : code);
    Record asked = question.getQuestion();
    if (asked != null) {
      answer.addRecord(asked, Section.QUESTION);
    }
    return answer;
  }
}
