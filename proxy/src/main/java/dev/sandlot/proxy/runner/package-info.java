/// Runners: the one in this process, and those on other machines, which are called over HTTP. Entry
/// type: {@link dev.sandlot.proxy.runner.Gateways}.
@NullMarked
package dev.sandlot.proxy.runner;

import org.jspecify.annotations.NullMarked;
