package dev.sandlot.toolbox.process;

import dev.sandlot.agentclient.process.OutputSink;
import dev.sandlot.toolbox.call.ToolboxLimits;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The output of a command: in memory, and beyond some size in a temporary file, so that many large
/// outputs do not fill the heap. Used by one thread.
public final class SpooledOutput implements OutputSink, Closeable {
  /// The command has written more than its limit.
  static final class LimitExceeded extends IOException {
    private static final long serialVersionUID = 1;
  }

  private static final String PREFIX = "output-";

  private final ToolboxLimits limits;
  private final Path folder;
  private final ByteArrayOutputStream memory = new ByteArrayOutputStream();
  private @Nullable Path file;
  private @Nullable OutputStream fileOut;
  private long size;

  /// @param folder for the temporary file
  SpooledOutput(ToolboxLimits limits, Path folder) {
    this.limits = limits;
    this.folder = folder;
  }

  /// Removes the temporary files that a killed server has left in the folder, if it exists.
  ///
  /// @throws UncheckedIOException when the folder cannot be read or changed
  public static void removeLeftovers(Path folder) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, PREFIX + "*")) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot clear the folder " + folder, e);
    }
  }

  @Override
  public void write(ByteBuffer data) throws IOException {
    if (size + data.remaining() > limits.outputBytesMax()) {
      throw new LimitExceeded();
    }
    size += data.remaining();
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    if (fileOut == null && size > limits.outputInMemoryBytesMax()) {
      file = Files.createTempFile(folder, PREFIX, null);
      fileOut = Files.newOutputStream(file);
      memory.writeTo(fileOut);
    }
    if (fileOut == null) {
      memory.writeBytes(bytes);
    } else {
      fileOut.write(bytes);
    }
  }

  /// Whether all of it is in memory.
  boolean small() {
    return file == null;
  }

  /// All of a small output; bytes that are not UTF-8 become U+FFFD.
  public String text() {
    return memory.toString(StandardCharsets.UTF_8);
  }

  /// The beginning, as long as the answer of a failure may carry.
  String head() {
    byte[] bytes = memory.toByteArray();
    int length = Math.min(bytes.length, limits.partialOutputBytesMax());
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  /// All of a large output as text.
  Reader reader() throws IOException {
    if (fileOut != null) {
      fileOut.close();
    }
    InputStream in = file == null ? InputStream.nullInputStream() : Files.newInputStream(file);
    return new InputStreamReader(in, StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    if (fileOut != null) {
      fileOut.close();
    }
    if (file != null) {
      Files.deleteIfExists(file);
    }
  }
}
