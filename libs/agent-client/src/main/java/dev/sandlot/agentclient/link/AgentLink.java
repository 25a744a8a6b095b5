package dev.sandlot.agentclient.link;

import com.google.re2j.Pattern;
import dev.sandlot.agent.v1.AgentGrpc;
import dev.sandlot.agentclient.link.AgentFailure.Kind;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One channel to one agent, and how its failures read. Thread-safe.
public final class AgentLink {
  private static final Metadata.Key<String> ERRNO =
      Metadata.Key.of("sandlot-errno", Metadata.ASCII_STRING_MARSHALLER);
  private static final Pattern ERRNO_FORM = Pattern.compile("E[A-Z0-9]{1,20}");
  private static final int MESSAGE_CHARACTERS_MAX = 1_000;
  private static final char DELETE = '\u007f';

  private final ManagedChannel channel;
  private final AnswerBudget.Share answers;

  public AgentLink(ManagedChannel channel, AnswerBudget.Share answers) {
    this.channel = channel;
    this.answers = answers;
  }

  /// What its answers may take.
  public AnswerBudget.Share answers() {
    return answers;
  }

  /// A call with one request and one answer.
  public interface Call<T> {
    T on(AgentGrpc.AgentBlockingV2Stub agent) throws StatusException;
  }

  /// Asks something that is answered within the time given.
  ///
  /// @throws AgentFailure when it is not, or the answer is a failure
  public <T> T ask(Duration limit, Call<T> call) {
    try {
      return call.on(within(limit));
    } catch (StatusException e) {
      throw failure(e);
    }
  }

  /// For a call that is over within the time given.
  public AgentGrpc.AgentBlockingV2Stub within(Duration limit) {
    return stub().withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  /// For a call that lasts as long as it lasts.
  public AgentGrpc.AgentBlockingV2Stub stub() {
    if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
      // The caller wants an answer now, not after the channel's own backoff of minutes.
      channel.resetConnectBackoff();
    }
    return AgentGrpc.newBlockingV2Stub(channel);
  }

  /// Runs `action` once when the link breaks that is up now, or that comes up next.
  public void whenBroken(Runnable action) {
    ConnectivityState state = channel.getState(false);
    channel.notifyWhenStateChanged(
        state,
        () -> {
          if (state == ConnectivityState.READY || channel.isShutdown()) {
            action.run();
          } else {
            whenBroken(action);
          }
        });
  }

  /// Ends the link for good.
  public void close() {
    channel.shutdownNow();
  }

  /// What the caller gets for a failed call.
  public static AgentFailure failure(StatusException e) {
    Status status = e.getStatus();
    if (status.getCause() instanceof AgentFailure ours) {
      return ours;
    }
    String errno = "";
    Metadata trailers = e.getTrailers();
    if (trailers != null) {
      String given = trailers.get(ERRNO);
      if (given != null && ERRNO_FORM.matcher(given).matches()) {
        errno = given;
      }
    }
    return new AgentFailure(kind(status.getCode()), errno, printable(status.getDescription()));
  }

  /// For answers that break the protocol.
  public static AgentFailure broken(String message) {
    return new AgentFailure(Kind.INTERNAL, "", "the sandbox's agent answered wrongly: " + message);
  }

  /// For transfers in which the agent sends nothing in time.
  public static AgentFailure stalled() {
    return new AgentFailure(
        Kind.DEADLINE_EXCEEDED, "", "the sandbox's agent did not go on with the transfer");
  }

  /// Text of the agent, without control characters: it ends up in logs and terminals.
  public static String printable(@Nullable String text) {
    if (text == null) {
      return "";
    }
    String cut =
        text.length() > MESSAGE_CHARACTERS_MAX ? text.substring(0, MESSAGE_CHARACTERS_MAX) : text;
    StringBuilder plain = new StringBuilder(cut);
    for (int at = 0; at < plain.length(); at++) {
      char letter = plain.charAt(at);
      if (letter < ' ' || letter == DELETE) {
        plain.setCharAt(at, ' ');
      }
    }
    return plain.toString();
  }

  private static Kind kind(Status.Code code) {
    return switch (code) {
      case NOT_FOUND -> Kind.NOT_FOUND;
      case PERMISSION_DENIED -> Kind.PERMISSION_DENIED;
      case ALREADY_EXISTS -> Kind.ALREADY_EXISTS;
      case INVALID_ARGUMENT, OUT_OF_RANGE, FAILED_PRECONDITION -> Kind.INVALID_ARGUMENT;
      case RESOURCE_EXHAUSTED -> Kind.RESOURCE_EXHAUSTED;
      case ABORTED, CANCELLED -> Kind.ABORTED;
      case DEADLINE_EXCEEDED -> Kind.DEADLINE_EXCEEDED;
      case UNAVAILABLE -> Kind.UNAVAILABLE;
      case UNIMPLEMENTED -> Kind.UNIMPLEMENTED;
      case OK, UNKNOWN, INTERNAL, DATA_LOSS, UNAUTHENTICATED -> Kind.INTERNAL;
    };
  }
}
