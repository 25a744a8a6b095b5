/// Words that every process shares: ids, sizes, network policies, the payloads of jobs, and what an
/// operation fails by. Values only, validated when they are made; depends on the JDK alone.
@NullMarked
package dev.sandlot.model;

import org.jspecify.annotations.NullMarked;
