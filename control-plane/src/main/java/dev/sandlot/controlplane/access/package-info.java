/// Decides who calls and what they may: keys, callers, one policy per route. Entry types: {@link
/// dev.sandlot.controlplane.access.Policy}, {@link dev.sandlot.controlplane.access.Callers}, {@link
/// dev.sandlot.controlplane.access.ApiKeys}. Calls platform only.
@NullMarked
package dev.sandlot.controlplane.access;

import org.jspecify.annotations.NullMarked;
