// Charts of programs with the published TypeScript client.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { Daytona } from '@daytona/sdk'

const daytona = new Daytona()
let sandbox

before(async () => {
  sandbox = await daytona.create()
})

after(async () => {
  await sandbox?.delete()
  await daytona[Symbol.asyncDispose]()
})

test('a figure that is shown comes back as data', async () => {
  const answer = await sandbox.process.codeRun(
    'import matplotlib.pyplot as plt\nplt.bar(["a", "b"], [12.5, 3]); plt.title("T"); plt.show(); print("done")',
  )
  assert.equal(answer.result, 'done\n')
  const [chart] = answer.artifacts.charts
  assert.deepEqual([chart.type, chart.title], ['bar', 'T'])
  assert.deepEqual(
    chart.elements.map((each) => [each.label, each.value]),
    [
      ['a', '12.5'],
      ['b', '3'],
    ],
  )
  assert.ok(Buffer.from(chart.png, 'base64').subarray(1, 4).equals(Buffer.from('PNG')))
})
