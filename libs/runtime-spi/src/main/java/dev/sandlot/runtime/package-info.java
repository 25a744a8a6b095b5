/// What a runner asks of an isolation engine, and what others ask of a runner. Entry types: {@link
/// dev.sandlot.runtime.RuntimeDriver}, which an engine implements, and {@link
/// dev.sandlot.runtime.ToolboxGateway}, which a runner offers to the proxy.
@NullMarked
package dev.sandlot.runtime;

import org.jspecify.annotations.NullMarked;
