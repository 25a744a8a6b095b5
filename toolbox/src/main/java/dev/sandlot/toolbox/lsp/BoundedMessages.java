package dev.sandlot.toolbox.lsp;

import dev.sandlot.agentclient.link.AnswerBudget;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.Semaphore;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.eclipse.lsp4j.jsonrpc.MessageIssueException;
import org.eclipse.lsp4j.jsonrpc.RemoteEndpoint;
import org.eclipse.lsp4j.jsonrpc.json.MessageJsonHandler;
import org.eclipse.lsp4j.jsonrpc.json.StreamMessageProducer;
import org.eclipse.lsp4j.jsonrpc.messages.Message;

/// Reads the messages of a language server as what they are: written by a program that nobody has
/// read. Ends at the first that breaks the protocol or a limit. Used by one thread.
final class BoundedMessages extends StreamMessageProducer {
  /// The library logs whatever a server sends wrong, as often as it sends it; a sandbox must not
  /// fill our log. Held here, because loggers without a holder forget their level.
  private static final Logger LIBRARY = Logger.getLogger("org.eclipse.lsp4j");

  /// A parsed message takes many times its size; that many large ones at a time, of all sandboxes.
  private static final Semaphore LARGE_MESSAGES = new Semaphore(2);

  static {
    LIBRARY.setLevel(Level.OFF);
  }

  private final ServerOutput output;
  private final MessageDecoder decoder;
  private final RemoteEndpoint receiver;
  private final LspLimits limits;
  private String fault = "";

  BoundedMessages(
      ServerOutput output,
      MessageJsonHandler json,
      RemoteEndpoint receiver,
      AnswerBudget.Share answers,
      LspLimits limits) {
    super(output, json, receiver);
    this.output = output;
    this.decoder = new MessageDecoder(json, answers, limits);
    this.receiver = receiver;
    this.limits = limits;
  }

  /// Passes messages on until the server's output ends, or breaks a rule.
  ///
  /// @return which rule, to be said behind "because"; empty for none
  String passOn() {
    output.allow(limits.headerBytesMax());
    try {
      listen(receiver);
    } catch (RuntimeException | StackOverflowError _) {
      // Whatever it was, the next byte cannot be relied on.
      if (fault.isEmpty() && !output.lost()) {
        fault = output.fault().orElse("its answers could not be read");
      }
    }
    return fault;
  }

  @Override
  protected boolean handleMessage(InputStream input, Headers headers) {
    int length = headers.contentLength;
    if (length > limits.messageBytesMax()) {
      fault = "it sent a message of more than " + limits.messageBytesMax() + " bytes";
      return false;
    }
    output.allow(length);
    byte[] content;
    try {
      // Whole before it is parsed: a server that dawdles must not hold what others wait for.
      content = input.readNBytes(length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (content.length < length) {
      return false; // it has ended
    }
    output.allow(limits.headerBytesMax());
    deliver(content);
    return fault.isEmpty();
  }

  private void deliver(byte[] content) {
    Message message;
    boolean large = content.length >= limits.largeMessageBytes();
    if (large) {
      LARGE_MESSAGES.acquireUninterruptibly();
    }
    try {
      message = decoder.decode(content);
    } catch (MessageDecoder.TooManyValues _) {
      fault = "it sent a message of more than " + limits.messageValuesMax() + " values";
      return;
    } catch (MessageIssueException e) {
      // Well-formed but of another form than the protocol's: that one request fails.
      receiver.handle(e.getRpcMessage(), e.getIssues());
      return;
    } finally {
      if (large) {
        LARGE_MESSAGES.release();
      }
    }
    receiver.consume(message);
  }

  @Override
  protected void fireError(Throwable error) {
    fault = "it sent what is no message";
    close();
  }
}
