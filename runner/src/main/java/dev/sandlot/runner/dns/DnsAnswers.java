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

/// Finds the answer to a question. Thread-safe.
///
/// There is no IPv6 inside a sandbox, so questions for IPv6 addresses are answered at once with
/// none; a program that was told one would wait for it in vain. What an upstream answers is passed
/// on only as far as the sandbox may reach it: a name of somebody's own that leads to a private
/// address is a way around the rules of browsers and proxies, and tells of the host's network.
final class DnsAnswers {
  private static final Logger LOGGER = LoggerFactory.getLogger(DnsAnswers.class);

  /// Higher ones are those of EDNS (RFC 6891), which stands in no header.
  private static final int PLAIN_CODE_MAX = 15;

  /// More are not asked: each may take its whole time.
  private static final int UPSTREAMS_MAX = 3;

  /// Under an allow list; what the upstream says could carry words of its owner.
  private static final long LISTED_SECONDS = 30;

  private final List<Resolver> upstreams;
  private final NetworkPolicies policies;
  private final List<Ipv4Range> closed;
  private final PrivateNames privateNames;

  DnsAnswers(DnsConfig config, DnsLimits limits, NetworkPolicies policies) {
    this(resolvers(config, limits), config.blocked(), policies);
  }

  /// @param upstreams whom to ask, in this order
  /// @param blocked ranges that no answer may lead to, beside those that are closed anyway
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

  /// The answer; empty for what is no question and deserves none.
  Optional<Message> answer(byte[] packet, InetAddress asker, Source source) {
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
      policy = policies.at(asker).orElseGet(NetworkPolicy.BlockAll::new);
    } catch (RuntimeFailure failure) {
      LOGGER.atWarn().setCause(failure).log("who looks up a name cannot be found out");
      return Optional.of(reply(question, Rcode.SERVFAIL));
    }
    return Optional.of(answer(question, policy, source));
  }

  private Message answer(Message question, NetworkPolicy policy, Source source) {
    return switch (policy) {
      case NetworkPolicy.BlockAll() -> reply(question, Rcode.REFUSED);
      case NetworkPolicy.Internet() -> known(question).orElseGet(() -> open(question));
      case NetworkPolicy.AllowList(var ranges) ->
          known(question).orElseGet(() -> listed(question, ranges, source));
    };
  }

  private static boolean refused(Record asked) {
    int type = asked.getType();
    return asked.getDClass() != DClass.IN
        || type == Type.AXFR
        || type == Type.IXFR
        || type == Type.ANY;
  }

  /// What needs no upstream. Records of services hold addresses too; programs do without them.
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
      // The names on the way to a closed address are nobody's business either.
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

  /// Under an allow list a name counts as listed when an address of it is. Nothing else of the
  /// upstream's answer is passed on, and few names are asked for: either would be a way past the
  /// list.
  private Message listed(Message question, List<Ipv4Range> ranges, Source source) {
    Record asked = question.getQuestion();
    Name name = lowerCase(asked.getName());
    if (asked.getType() != Type.A || !source.mayAskFor(name, System.nanoTime())) {
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
    source.listed(name);
    return answer;
  }

  /// Upper and lower case would be one more thing to tell somebody outside.
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
        // The next one may know.
      }
    }
    return Optional.empty();
  }

  /// An answer as it is sent, cut to `room` bytes. The library reads records that it cannot write
  /// again; an answer with one of them has failed.
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
