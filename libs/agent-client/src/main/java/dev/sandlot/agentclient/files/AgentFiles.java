package dev.sandlot.agentclient.files;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.sandlot.agent.v1.FileStat;
import dev.sandlot.agent.v1.ListDirectoryRequest;
import dev.sandlot.agent.v1.ListDirectoryResponse;
import dev.sandlot.agent.v1.MakeDirectoryRequest;
import dev.sandlot.agent.v1.MoveRequest;
import dev.sandlot.agent.v1.ReadFileRequest;
import dev.sandlot.agent.v1.ReadFileResponse;
import dev.sandlot.agent.v1.RemoveRequest;
import dev.sandlot.agent.v1.SetAttributesRequest;
import dev.sandlot.agent.v1.StatRequest;
import dev.sandlot.agent.v1.WriteFileHeader;
import dev.sandlot.agent.v1.WriteFileRequest;
import dev.sandlot.agent.v1.WriteFileResponse;
import dev.sandlot.agentclient.link.AgentFailure;
import dev.sandlot.agentclient.link.AgentLink;
import dev.sandlot.agentclient.link.AnswerCharge;
import dev.sandlot.agentclient.link.ChunkInputStream;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// A sandbox's files, with the rights of its user. Relative paths are below its working directory.
/// Thread-safe; failed calls throw {@link AgentFailure}.
public final class AgentFiles {
  /// How many entries of a directory are taken.
  public static final int ENTRIES_MAX = 100_000;

  private static final Duration CALL_MAX = Duration.ofSeconds(30);

  /// A tree may be large.
  private static final Duration TREE_MAX = Duration.ofMinutes(10);

  /// A transfer that does not move for so long is given up.
  private static final Duration STALL_MAX = Duration.ofSeconds(60);

  private static final long LISTING_BYTES_MAX = 32 << 20;

  /// What one takes in memory beside its texts.
  private static final int ENTRY_BYTES = 400;

  private static final int LINK_CHARACTERS_MAX = 4_096;
  private static final int CHUNK_BYTES = 256 << 10;

  private final AgentLink link;

  public AgentFiles(AgentLink link) {
    this.link = link;
  }

  /// A file's attributes; those of a link's target.
  public FileStatus status(String path) {
    StatRequest request = StatRequest.newBuilder().setPath(path).build();
    return FileStatus.of(link.ask(CALL_MAX, agent -> agent.stat(request)));
  }

  /// Where the path itself leads if it is a link, as the link says; empty if it is none.
  public Optional<String> linkTarget(String path) {
    StatRequest request = StatRequest.newBuilder().setPath(path).setNoFollow(true).build();
    FileStat stat = link.ask(CALL_MAX, agent -> agent.stat(request));
    String target = stat.getLinkTarget();
    if (FileStatus.of(stat).kind() != FileStatus.FileKind.SYMLINK) {
      return Optional.empty();
    }
    if (target.isEmpty() || target.length() > LINK_CHARACTERS_MAX || target.indexOf('\0') >= 0) {
      throw AgentLink.broken("a link to " + target.length() + " characters");
    }
    return Optional.of(target);
  }

  /// A directory's entries, sorted as the agent sorts them.
  ///
  /// @param depth 1 for the directory itself only, at most 64
  /// @throws AgentFailure `RESOURCE_EXHAUSTED` when they take too much
  public List<FileStatus> list(String path, int depth) throws InterruptedException {
    ListDirectoryRequest request =
        ListDirectoryRequest.newBuilder().setPath(path).setDepth(depth).build();
    BlockingClientCall<?, ListDirectoryResponse> call =
        link.within(TREE_MAX).listDirectory(request);
    List<FileStatus> entries = new ArrayList<>();
    long bytes = 0;
    try (AnswerCharge own = link.answers().open()) {
      AnswerCharge charge = AnswerCharge.current().orElse(own);
      while (true) {
        ListDirectoryResponse message = call.read();
        if (message == null) {
          return entries;
        }
        bytes += message.getSerializedSize();
        if (bytes > LISTING_BYTES_MAX) {
          throw new AgentFailure(
              AgentFailure.Kind.RESOURCE_EXHAUSTED,
              "",
              "its entries take more than 32 MiB; list its parts, or with less depth");
        }
        if (entries.size() + message.getEntriesCount() > ENTRIES_MAX) {
          throw AgentLink.broken("more than " + ENTRIES_MAX + " entries in a directory");
        }
        for (FileStat entry : message.getEntriesList()) {
          charge.take(ENTRY_BYTES + entry.getSerializedSize());
          entries.add(FileStatus.of(entry));
        }
      }
    } catch (StatusException e) {
      throw AgentLink.failure(e);
    } catch (AgentFailure | InterruptedException e) {
      call.cancel("the answer is not wanted", null);
      throw e;
    }
  }

  /// Opens a file for reading.
  ///
  /// @param offset first byte
  /// @param length how many bytes; 0 for all that follow
  public ReadableFile read(String path, long offset, long length) throws IOException {
    ReadFileRequest request =
        ReadFileRequest.newBuilder().setPath(path).setOffset(offset).setLength(length).build();
    BlockingClientCall<?, ReadFileResponse> call = link.stub().readFile(request);
    boolean opened = false;
    try {
      ReadFileResponse first = receive(call);
      if (first == null || !first.hasStat()) {
        throw AgentLink.broken("a file without attributes");
      }
      FileStatus status = FileStatus.of(first.getStat());
      opened = true;
      return new ReadableFile(
          status,
          new ChunkInputStream() {
            @Override
            protected @Nullable ByteString next() throws IOException {
              ReadFileResponse message = receive(call);
              return message == null ? null : message.getData();
            }
          },
          () -> call.cancel("the rest is not wanted", null));
    } finally {
      if (!opened) {
        call.cancel("the file is not wanted", null);
      }
    }
  }

  /// How a file is written.
  ///
  /// @param permissions of a new file, before the umask
  /// @param parentPermissions of the directories made on the way to it, before the umask
  public record WriteOptions(int permissions, int parentPermissions) {}

  /// Writes a file from a stream: a new one, or over an existing one. Directories on the way to it
  /// are made. It is complete when the call has returned.
  ///
  /// @return how many bytes it holds
  /// @throws IOException of `content`; what had come until then may have been written
  public long write(String path, WriteOptions options, InputStream content) throws IOException {
    WriteFileHeader header =
        WriteFileHeader.newBuilder()
            .setPath(path)
            .setMode(options.permissions())
            .setMakeParents(true)
            .setParentMode(options.parentPermissions())
            .build();
    BlockingClientCall<WriteFileRequest, WriteFileResponse> call = link.stub().writeFile();
    boolean ended = false;
    try {
      boolean open = transmit(call, WriteFileRequest.newBuilder().setHeader(header).build());
      while (open) {
        byte[] buffer = new byte[CHUNK_BYTES];
        int count = content.readNBytes(buffer, 0, buffer.length);
        if (count == 0) {
          call.halfClose();
          break;
        }
        byte[] data = count == buffer.length ? buffer : Arrays.copyOf(buffer, count);
        open =
            transmit(
                call,
                WriteFileRequest.newBuilder()
                    .setData(UnsafeByteOperations.unsafeWrap(data))
                    .build());
      }
      WriteFileResponse answer = receive(call);
      ended = true;
      if (answer == null) {
        throw AgentLink.broken("no answer to a written file");
      }
      return answer.getBytes();
    } finally {
      if (!ended) {
        call.cancel("the writer has given up", null);
      }
    }
  }

  /// Makes a directory and those on the way to it. An existing one is no failure.
  public void makeDirectory(String path, int permissions) {
    MakeDirectoryRequest request =
        MakeDirectoryRequest.newBuilder()
            .setPath(path)
            .setMode(permissions)
            .setParents(true)
            .build();
    var _ = link.ask(CALL_MAX, agent -> agent.makeDirectory(request));
  }

  /// Renames, or moves to another file system. Never replaces what is there.
  public void move(String source, String destination) {
    MoveRequest request =
        MoveRequest.newBuilder().setSource(source).setDestination(destination).build();
    var _ = link.ask(TREE_MAX, agent -> agent.move(request));
  }

  /// Removes a file, or with `recursive` a directory and all below it.
  public void remove(String path, boolean recursive) {
    RemoveRequest request =
        RemoveRequest.newBuilder().setPath(path).setRecursive(recursive).build();
    var _ = link.ask(TREE_MAX, agent -> agent.remove(request));
  }

  /// Changes permissions, owner and group.
  ///
  /// @param permissions empty leaves them
  /// @param owner name or number; empty leaves it
  /// @param group name or number; empty leaves it
  public void setAttributes(String path, OptionalInt permissions, String owner, String group) {
    SetAttributesRequest.Builder request =
        SetAttributesRequest.newBuilder().setPath(path).setOwner(owner).setGroup(group);
    permissions.ifPresent(request::setMode);
    var _ = link.ask(CALL_MAX, agent -> agent.setAttributes(request.build()));
  }

  private static <T> @Nullable T receive(BlockingClientCall<?, T> call) throws IOException {
    try {
      return call.read(STALL_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (StatusException e) {
      throw AgentLink.failure(e);
    } catch (TimeoutException _) {
      throw AgentLink.stalled();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("the transfer was interrupted");
    }
  }

  /// Sends a message; false when the agent has ended the call, whose reason {@link #receive}
  /// throws.
  private static <T> boolean transmit(BlockingClientCall<T, ?> call, T message) throws IOException {
    try {
      return call.write(message, STALL_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (StatusException e) {
      throw AgentLink.failure(e);
    } catch (TimeoutException _) {
      throw AgentLink.stalled();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("the transfer was interrupted");
    }
  }
}
