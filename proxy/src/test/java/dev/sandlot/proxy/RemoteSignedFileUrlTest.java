package dev.sandlot.proxy;

/// Signed URLs of files on another machine.
class RemoteSignedFileUrlTest extends SignedFileUrlTest {
  @Override
  boolean remote() {
    return true;
  }
}
