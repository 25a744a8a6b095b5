// Where the generations of the published client differ: found out by looking at the client, never by its version.

import * as sdk from '@daytona/sdk'

const named = (...names) => sdk[names.find((name) => sdk[name])] ?? sdk.DaytonaError

const byStatus = {
  400: named('DaytonaBadRequestError', 'DaytonaValidationError'),
  401: sdk.DaytonaAuthenticationError,
  403: named('DaytonaForbiddenError', 'DaytonaAuthorizationError'),
  404: sdk.DaytonaNotFoundError,
  409: sdk.DaytonaConflictError,
}

/** The class of that name or, where there is none so fine, the class for the status. */
export const exact = (name, status) => sdk[name] ?? byStatus[status] ?? sdk.DaytonaError

/** The class of a command that took too long: a client without a class for every status has none. */
export const TimedOut = sdk.DaytonaGoneError ? sdk.DaytonaTimeoutError : sdk.DaytonaError

/** Whether the test can go on; it is skipped where the client cannot do what it is about. */
export function has(test, there, what) {
  if (!there) test.skip(`this generation of the client has no ${what}`)
  return Boolean(there)
}
