/// The way to sandboxes from outside: toolbox calls and previews of the servers that run inside,
/// for HTTP, server-sent events and WebSocket. Entry type: {@link dev.sandlot.proxy.Proxy}; what it
/// asks the control plane is {@link dev.sandlot.proxy.access.SandboxDirectory}.
@NullMarked
package dev.sandlot.proxy;

import org.jspecify.annotations.NullMarked;
