/// HTTP on its way: which headers cross the proxy, and one exchange with a server further on. Entry
/// type: {@link dev.sandlot.proxy.forward.Upstream}.
@NullMarked
package dev.sandlot.proxy.forward;

import org.jspecify.annotations.NullMarked;
