package dev.sandlot.runner.fake;

import com.google.protobuf.ByteString;
import dev.sandlot.agent.v1.FileStat;
import dev.sandlot.agent.v1.FileType;
import dev.sandlot.agent.v1.ListDirectoryResponse;
import dev.sandlot.agent.v1.ReadFileRequest;
import dev.sandlot.agent.v1.ReadFileResponse;
import dev.sandlot.agent.v1.WriteFileHeader;
import dev.sandlot.agent.v1.WriteFileRequest;
import dev.sandlot.agent.v1.WriteFileResponse;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The file calls of the fake agent.
final class FakeFiles {
  private static final Metadata.Key<String> ERRNO =
      Metadata.Key.of("sandlot-errno", Metadata.ASCII_STRING_MARSHALLER);

  private final Path root;
  private final String workingDirectory;

  FakeFiles(Path root, String workingDirectory) {
    this.root = root;
    this.workingDirectory = workingDirectory;
  }

  /// The work of a call.
  interface Work<T> {
    T run() throws IOException, InterruptedException;
  }

  /// Answers a call, with the agent's errors if it fails.
  static <T> void answer(StreamObserver<T> answer, Work<T> work) {
    try {
      answer.onNext(work.run());
      answer.onCompleted();
    } catch (IOException e) {
      answer.onError(status(e));
    } catch (StatusRuntimeException e) {
      answer.onError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      answer.onError(e);
    }
  }

  /// A failure with the system's error.
  static StatusRuntimeException failure(Status status, String errno) {
    Metadata trailers = new Metadata();
    trailers.put(ERRNO, errno);
    return status.asRuntimeException(trailers);
  }

  static StatusException status(IOException e) {
    return switch (e) {
      case NoSuchFileException _ -> status(Status.NOT_FOUND, "ENOENT");
      case NotDirectoryException _ -> status(Status.NOT_FOUND, "ENOTDIR");
      case FileAlreadyExistsException _ -> status(Status.ALREADY_EXISTS, "EEXIST");
      default ->
          String.valueOf(e.getMessage()).contains("directory")
              ? status(Status.INVALID_ARGUMENT, "EISDIR")
              : status(Status.INTERNAL, "EIO");
    };
  }

  private static StatusException status(Status status, String errno) {
    Metadata trailers = new Metadata();
    trailers.put(ERRNO, errno);
    return status.withDescription(errno).asException(trailers);
  }

  /// The file on this machine of a path in the sandbox.
  Path real(String path) {
    String absolute = path.startsWith("/") ? path : workingDirectory + "/" + path;
    return root.resolve(Path.of(absolute).normalize().toString().substring(1));
  }

  FileStat stat(String path) throws IOException {
    return stat(real(path));
  }

  /// The status of the path itself.
  FileStat statOfLink(String path) throws IOException {
    return Files.isSymbolicLink(real(path))
        ? FileStat.newBuilder()
            .setPath(path)
            .setName(real(path).getFileName().toString())
            .setType(FileType.FILE_TYPE_SYMLINK)
            .setLinkTarget(Files.readSymbolicLink(real(path)).toString())
            .build()
        : stat(path);
  }

  private FileStat stat(Path file) throws IOException {
    Map<String, Object> unix = Files.readAttributes(file, "unix:mode,uid,gid");
    boolean directory = Files.isDirectory(file);
    Path shown = Path.of("/").resolve(root.relativize(file));
    return FileStat.newBuilder()
        .setPath(shown.toString())
        .setName(shown.getFileName() == null ? "/" : shown.getFileName().toString())
        .setType(directory ? FileType.FILE_TYPE_DIRECTORY : FileType.FILE_TYPE_REGULAR)
        .setSize(Files.size(file))
        .setMode(number(unix, "mode") & 07777)
        .setUid(number(unix, "uid"))
        .setGid(number(unix, "gid"))
        .setModifiedAtNs(Files.getLastModifiedTime(file).to(TimeUnit.NANOSECONDS))
        .build();
  }

  private static int number(Map<String, Object> attributes, String name) {
    return attributes.get(name) instanceof Integer value ? value : 0;
  }

  ListDirectoryResponse list(String path, int depth) throws IOException {
    Path folder = real(path);
    ListDirectoryResponse.Builder answer = ListDirectoryResponse.newBuilder();
    if (!Files.exists(folder)) {
      throw new NoSuchFileException(path);
    }
    if (!Files.isDirectory(folder)) {
      throw new NotDirectoryException(path);
    }
    try (Stream<Path> entries = Files.walk(folder, Math.max(1, depth))) {
      List<Path> sorted =
          entries.filter(entry -> !entry.equals(folder) && Files.exists(entry)).sorted().toList();
      for (Path entry : sorted) {
        answer.addEntries(stat(entry));
      }
    }
    return answer.build();
  }

  void read(ReadFileRequest request, StreamObserver<ReadFileResponse> answer) {
    try {
      Path file = real(request.getPath());
      answer.onNext(ReadFileResponse.newBuilder().setStat(stat(file)).build());
      if (!Files.isDirectory(file)) {
        try (InputStream in = Files.newInputStream(file)) {
          in.skipNBytes(request.getOffset());
          long left = request.getLength() == 0 ? Long.MAX_VALUE : request.getLength();
          while (left > 0) {
            byte[] bytes = in.readNBytes((int) Math.min(left, 256 << 10));
            if (bytes.length == 0) {
              break;
            }
            left -= bytes.length;
            answer.onNext(
                ReadFileResponse.newBuilder().setData(ByteString.copyFrom(bytes)).build());
          }
        }
      }
      answer.onCompleted();
    } catch (IOException e) {
      answer.onError(status(e));
    }
  }

  StreamObserver<WriteFileRequest> write(StreamObserver<WriteFileResponse> answer) {
    return new StreamObserver<>() {
      private @Nullable OutputStream out;
      private @Nullable Path file;
      private boolean failed;

      @Override
      public void onNext(WriteFileRequest request) {
        try {
          if (request.hasHeader()) {
            open(request.getHeader());
          } else if (out != null) {
            request.getData().writeTo(out);
          }
        } catch (IOException e) {
          failed = true;
          answer.onError(status(e));
        }
      }

      private void open(WriteFileHeader header) throws IOException {
        Path target = real(header.getPath());
        if (Files.isDirectory(target)) {
          throw new IOException("a directory");
        }
        Path parent = target.getParent();
        if (parent != null) {
          Files.createDirectories(parent);
        }
        file = target;
        out = Files.newOutputStream(target);
      }

      @Override
      public void onError(Throwable cause) {
        close();
      }

      private void close() {
        try {
          if (out != null) {
            out.close();
          }
        } catch (IOException _) {
          failed = true;
        }
      }

      @Override
      public void onCompleted() {
        close();
        if (!failed && file != null) {
          Path written = file;
          answer(
              answer, () -> WriteFileResponse.newBuilder().setBytes(Files.size(written)).build());
        }
      }
    };
  }

  void remove(String path, boolean recursive) throws IOException {
    Path file = real(path);
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new NoSuchFileException(path);
    }
    if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS) && !recursive) {
      throw new IOException("a directory");
    }
    try (Stream<Path> all = Files.walk(file)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  /// Accepts one user beside root, and any numeric id.
  void permissions(String path, int mode, String owner) throws IOException {
    if (!owner.matches("[0-9]*") && !Set.of("root", "daytona").contains(owner)) {
      throw Status.INVALID_ARGUMENT
          .withDescription("owner: names no user: " + owner)
          .asRuntimeException();
    }
    Path file = real(path);
    if (!Files.exists(file)) {
      throw new NoSuchFileException(path);
    }
    Files.setAttribute(file, "unix:mode", mode);
  }
}
