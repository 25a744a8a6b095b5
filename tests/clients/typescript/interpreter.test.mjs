// The stateful interpreter with the published TypeScript client.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { Daytona, DaytonaTimeoutError } from '@daytona/sdk'

const daytona = new Daytona()
let sandbox

before(async () => {
  sandbox = await daytona.create()
})

after(async () => {
  await sandbox?.delete()
  await daytona[Symbol.asyncDispose]()
})

test('variables live on, output streams, errors are data', async () => {
  await sandbox.codeInterpreter.runCode('x = 20')
  const lines = []
  const result = await sandbox.codeInterpreter.runCode('print(x + 1)\nprint("two")\n1/0', {
    onStdout: (message) => lines.push(message.output),
  })
  assert.deepEqual(lines, ['21\n', 'two\n'])
  assert.equal(result.error.name, 'ZeroDivisionError')
  assert.match(result.error.traceback, /File "<stdin>", line 3/)
})

test('contexts are apart', async () => {
  const context = await sandbox.codeInterpreter.createContext('/tmp')
  await sandbox.codeInterpreter.runCode('mine = 1', { context })
  assert.equal((await sandbox.codeInterpreter.runCode('print(mine)', { context })).stdout, '1\n')
  assert.equal((await sandbox.codeInterpreter.runCode('print(mine)')).error.name, 'NameError')
  assert.ok((await sandbox.codeInterpreter.listContexts()).some((each) => each.id === context.id))
  await sandbox.codeInterpreter.deleteContext(context)
})

test('a time limit is an error of its own', async () => {
  await assert.rejects(
    sandbox.codeInterpreter.runCode('while True: pass', { timeout: 1 }),
    DaytonaTimeoutError,
  )
})
