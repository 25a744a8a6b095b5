/// A runner's {@link dev.sandlot.runtime.ToolboxGateway} for proxies on other machines, over HTTP:
/// the protocol of both sides, and the runner's side. Entry types: {@link
/// dev.sandlot.runtime.remote.GatewayEndpoint}, {@link dev.sandlot.runtime.remote.GatewayProtocol}.
@NullMarked
package dev.sandlot.runtime.remote;

import org.jspecify.annotations.NullMarked;
