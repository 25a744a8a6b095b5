/// Fakes for tests without privileges: an engine and an agent that run on this machine.
@NullMarked
package dev.sandlot.runner.fake;

import org.jspecify.annotations.NullMarked;
