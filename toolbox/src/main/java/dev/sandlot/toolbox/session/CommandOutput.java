package dev.sandlot.toolbox.session;

import dev.sandlot.agentclient.process.OutputPiece;
import dev.sandlot.agentclient.process.ProcessOutput;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/// The output of a command, piece by piece, both streams in the order of arrival. One thread reads;
/// any may close.
interface CommandOutput extends Closeable {
  /// @param error of standard error
  record Piece(boolean error, byte[] bytes) {}

  /// The next piece; empty at the end of the stored output, or at the end of the command when it is
  /// followed.
  Optional<Piece> next() throws IOException;

  @Override
  void close();

  /// Opens an output from the beginning.
  @FunctionalInterface
  interface Opener {
    CommandOutput open() throws IOException;
  }

  /// The output of a process.
  static CommandOutput of(ProcessOutput output) {
    return new CommandOutput() {
      @Override
      public Optional<Piece> next() throws IOException {
        return output.next().map(piece -> new Piece(piece.error(), bytes(piece)));
      }

      @Override
      public void close() {
        output.close();
      }
    };
  }

  /// Output that was read before.
  static CommandOutput of(List<Piece> pieces) {
    Deque<Piece> left = new ArrayDeque<>(pieces);
    return new CommandOutput() {
      @Override
      public Optional<Piece> next() {
        return Optional.ofNullable(left.poll());
      }

      @Override
      public void close() {
        left.clear();
      }
    };
  }

  private static byte[] bytes(OutputPiece piece) {
    byte[] bytes = new byte[piece.data().remaining()];
    piece.data().get(bytes);
    return bytes;
  }

  /// The part of the shell's streams between the marks of one command.
  final class Shared implements CommandOutput {
    private final ProcessOutput output;
    private final MarkedStream standardOutput;
    private final MarkedStream error;
    private final Deque<Piece> rest = new ArrayDeque<>();
    private long outputEnd;
    private long errorEnd;
    private boolean ended;

    /// @param output of the shell, from `started`'s offsets on
    /// @param shell the name with which its messages begin
    Shared(ProcessOutput output, String id, String shell, Ledger.Started started) {
      this.output = output;
      standardOutput = new MarkedStream(id, shell);
      error = new MarkedStream(id, shell);
      outputEnd = started.outputOffset();
      errorEnd = started.errorOffset();
    }

    @Override
    public Optional<Piece> next() throws IOException {
      while (!ended) {
        if (standardOutput.ended() && error.ended()) {
          ended = true;
          output.close();
          break;
        }
        Optional<OutputPiece> next = output.next();
        if (next.isEmpty()) {
          ended = true;
          rest.add(new Piece(false, standardOutput.rest()));
          rest.add(new Piece(true, error.rest()));
          break;
        }
        byte[] own = take(next.get());
        if (own.length > 0) {
          return Optional.of(new Piece(next.get().error(), own));
        }
      }
      while (!rest.isEmpty()) {
        Piece piece = rest.poll();
        if (piece.bytes().length > 0) {
          return Optional.of(piece);
        }
      }
      return Optional.empty();
    }

    private byte[] take(OutputPiece piece) {
      MarkedStream stream = piece.error() ? error : standardOutput;
      if (piece.offset() > (piece.error() ? errorEnd : outputEnd)) {
        stream.skip();
      }
      if (piece.error()) {
        errorEnd = piece.end();
      } else {
        outputEnd = piece.end();
      }
      return stream.take(piece.data());
    }

    @Override
    public void close() {
      output.close();
    }
  }
}
