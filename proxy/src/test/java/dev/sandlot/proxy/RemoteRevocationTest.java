package dev.sandlot.proxy;

/// What ends when access to a sandbox on another machine is revoked.
class RemoteRevocationTest extends RevocationTest {
  @Override
  boolean remote() {
    return true;
  }
}
