/// Organisations and users: who owns what. Entry type: {@link
/// dev.sandlot.controlplane.organization.Organizations}. Calls platform only.
@NullMarked
package dev.sandlot.controlplane.organization;

import org.jspecify.annotations.NullMarked;
