package dev.sandlot.proxy;

/// Who is let in to sandboxes on another machine.
class RemoteProxyAccessTest extends ProxyAccessTest {
  @Override
  boolean remote() {
    return true;
  }
}
