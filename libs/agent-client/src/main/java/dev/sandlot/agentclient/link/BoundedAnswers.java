package dev.sandlot.agentclient.link;

import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/// Looks at each answer's bytes before objects are made of them. Single answers are charged to the
/// call that they belong to; messages of a stream are bounded one by one, since their reader keeps
/// what it wants of them, and charges that.
public final class BoundedAnswers implements ClientInterceptor {
  /// Below it a message can do no harm.
  private static final int LOOKED_AT_BYTES = 4 << 10;

  private static final long STREAMED_MESSAGE_BYTES_MAX = 16 << 20;

  private final AnswerBudget.Share share;

  public BoundedAnswers(AnswerBudget.Share share) {
    this.share = share;
  }

  @Override
  public <Q, A> ClientCall<Q, A> interceptCall(
      MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
    AnswerCharge own = share.open();
    AnswerCharge charge = AnswerCharge.current().orElse(own);
    boolean single = method.getType() == MethodType.UNARY;
    Marshaller<A> bounded = new Bounded<>(method.getResponseMarshaller(), charge, single);
    MethodDescriptor<Q, A> checked =
        method.toBuilder(method.getRequestMarshaller(), bounded).build();
    return new SimpleForwardingClientCall<>(next.newCall(checked, options)) {
      @Override
      public void start(Listener<A> listener, Metadata headers) {
        super.start(
            new SimpleForwardingClientCallListener<>(listener) {
              @Override
              public void onClose(Status status, Metadata trailers) {
                own.close();
                super.onClose(status, trailers);
              }
            },
            headers);
      }
    };
  }

  private record Bounded<A>(Marshaller<A> parser, AnswerCharge charge, boolean single)
      implements Marshaller<A> {
    @Override
    public InputStream stream(A value) {
      return parser.stream(value);
    }

    @Override
    public A parse(InputStream stream) {
      try {
        if (stream.available() < LOOKED_AT_BYTES) {
          return parser.parse(stream);
        }
        byte[] bytes = stream.readAllBytes();
        take(cost(bytes));
        return parser.parse(new ByteArrayInputStream(bytes));
      } catch (IOException e) {
        throw new UncheckedIOException("the sandbox's agent sent what is no message", e);
      }
    }

    private long cost(byte[] bytes) throws IOException {
      return parser instanceof PrototypeMarshaller<A> known
              && known.getMessagePrototype() instanceof Message prototype
          ? MessageCost.of(prototype.getDescriptorForType(), bytes)
          : bytes.length;
    }

    private void take(long cost) {
      if (single) {
        charge.take(cost);
      } else if (cost > STREAMED_MESSAGE_BYTES_MAX) {
        throw new AgentFailure(
            AgentFailure.Kind.TOO_LARGE, "", "the sandbox's agent sent too large a message");
      }
    }
  }
}
