package dev.sandlot.proxy;

/// What is held of bodies on their way to another machine and back.
class RemoteProxyStreamingTest extends ProxyStreamingTest {
  @Override
  boolean remote() {
    return true;
  }
}
