package dev.sandlot.agentclient.files;

import java.io.Closeable;
import java.io.InputStream;

/// A file that is being read. Used by one thread.
public final class ReadableFile implements Closeable {
  private final FileStatus status;
  private final InputStream content;
  private final Runnable end;

  ReadableFile(FileStatus status, InputStream content, Runnable end) {
    this.status = status;
    this.content = content;
    this.end = end;
  }

  public FileStatus status() {
    return status;
  }

  /// Its bytes, as they were asked for. May hold fewer or more than the status says, when the file
  /// changes meanwhile.
  public InputStream content() {
    return content;
  }

  /// Ends the transfer if it has not ended.
  @Override
  public void close() {
    end.run();
  }
}
