package dev.sandlot.toolbox.session;

import dev.sandlot.agentclient.process.OutputPiece;
import dev.sandlot.agentclient.process.ProcessOutput;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/// What a command writes, piece by piece, both streams as they come. One thread reads; any may
/// close.
interface CommandOutput extends Closeable {
  /// @param error of standard error
  record Piece(boolean error, byte[] bytes) {}

  /// The next piece; empty at the end of what is there, or of the command when it is followed.
  Optional<Piece> next() throws IOException;

  @Override
  void close();

  /// Opens an output anew, to be read another time.
  @FunctionalInterface
  interface Opening {
    CommandOutput open() throws IOException;
  }

  /// All that a process writes.
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

  /// What was read before.
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

  /// What the shell's streams hold between a command's marks.
  final class Shared implements CommandOutput {
    private final ProcessOutput output;
    private final MarkedStream plain;
    private final MarkedStream error;
    private final Deque<Piece> rest = new ArrayDeque<>();
    private long plainEnd;
    private long errorEnd;
    private boolean ended;

    /// @param output of the shell, from `begun`'s offsets on
    /// @param shell by which name its messages begin
    Shared(ProcessOutput output, String id, String shell, Ledger.Begun begun) {
      this.output = output;
      plain = new MarkedStream(id, shell);
      error = new MarkedStream(id, shell);
      plainEnd = begun.outputOffset();
      errorEnd = begun.errorOffset();
    }

    @Override
    public Optional<Piece> next() throws IOException {
      while (!ended) {
        if (plain.over() && error.over()) {
          ended = true;
          output.close();
          break;
        }
        Optional<OutputPiece> next = output.next();
        if (next.isEmpty()) {
          ended = true;
          rest.add(new Piece(false, plain.rest()));
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
      MarkedStream stream = piece.error() ? error : plain;
      if (piece.offset() > (piece.error() ? errorEnd : plainEnd)) {
        stream.skip();
      }
      if (piece.error()) {
        errorEnd = piece.end();
      } else {
        plainEnd = piece.end();
      }
      return stream.take(piece.data());
    }

    @Override
    public void close() {
      output.close();
    }
  }
}
