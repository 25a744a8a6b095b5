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

/// Reads the messages of a language server, which are untrusted. Stops at the first that breaks the
/// protocol or a limit. Used by one thread.
final class BoundedMessages extends StreamMessageProducer {
  /// The library logs every malformed message; a sandbox must not fill our log. Held in a field,
  /// since loggers are weakly referenced and lose their level otherwise.
  private static final Logger LIBRARY = Logger.getLogger("org.eclipse.lsp4j");

  /// How many large messages are parsed at a time, over all sandboxes: a parsed message takes many
  /// times its size.
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
  /// @return the violation, as a clause after "because"; empty for none
  String readAll() {
    output.allow(limits.headerBytesMax());
    try {
      listen(receiver);
    } catch (RuntimeException | StackOverflowError _) {
      // After any failure the position in the stream is unknown.
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
      // Read completely before it is parsed: a slow server must not hold a permit for large
      // messages.
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
      // Valid JSON, but not as the protocol says: only this request fails.
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
