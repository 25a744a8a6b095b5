// How tests wait: for a condition, and no longer than a generous bound. Nothing else here sleeps.

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

const PATIENCE = 60_000

/** The first true value of the condition. */
export async function eventually(what, condition) {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(100)) {
    const found = await condition()
    if (found) return found
  }
  assert.fail(`not within ${PATIENCE / 1000} s: ${what}`)
}
