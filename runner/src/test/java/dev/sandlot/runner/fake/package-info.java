/// Stand-ins for tests that need no privileges: an engine and an agent that act on this machine.
@NullMarked
package dev.sandlot.runner.fake;

import org.jspecify.annotations.NullMarked;
