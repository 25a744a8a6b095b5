/// How tests wait. Only tests depend on this.
@NullMarked
package dev.sandlot.testing;

import org.jspecify.annotations.NullMarked;
