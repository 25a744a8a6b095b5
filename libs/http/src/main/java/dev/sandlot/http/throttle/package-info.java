/// Who fails to authenticate too often is kept out for a while (ADR 19). {@link
/// dev.sandlot.http.throttle.FailedAttempts} is shared by all ports of a process.
@NullMarked
package dev.sandlot.http.throttle;

import org.jspecify.annotations.NullMarked;
