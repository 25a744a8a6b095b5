// Sessions and terminals with the published TypeScript client.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'

import { Daytona, DaytonaConflictError, DaytonaNotFoundError } from '@daytona/sdk'

const unique = (purpose) => `${purpose}-${randomUUID().slice(0, 8)}`
const daytona = new Daytona()
let sandbox

before(async () => {
  sandbox = await daytona.create({ name: unique('sessions') })
})

after(async () => {
  await sandbox?.delete()
  await daytona[Symbol.asyncDispose]()
})

test('a session keeps the state of its shell', async () => {
  const session = unique('session')
  await sandbox.process.createSession(session)
  await sandbox.process.executeSessionCommand(session, { command: 'cd /tmp && export COLOUR=red' })
  const answer = await sandbox.process.executeSessionCommand(session, {
    command: 'pwd; echo $COLOUR; echo problem >&2; (exit 4)',
  })
  assert.deepEqual([answer.exitCode, answer.stdout, answer.stderr], [4, '/tmp\nred\n', 'problem\n'])
  await assert.rejects(sandbox.process.createSession(session), DaytonaConflictError)
  await sandbox.process.deleteSession(session)
  await assert.rejects(sandbox.process.getSession(session), DaytonaNotFoundError)
})

test('logs are followed to the end', async () => {
  const session = unique('session')
  await sandbox.process.createSession(session)
  const command = await sandbox.process.executeSessionCommand(session, {
    command: 'for n in 1 2 3; do echo line $n; sleep 0.2; done; echo problem >&2',
    runAsync: true,
  })
  let out = ''
  let err = ''
  await sandbox.process.getSessionCommandLogs(
    session,
    command.cmdId,
    (chunk) => (out += chunk),
    (chunk) => (err += chunk),
  )
  assert.deepEqual([out, err], ['line 1\nline 2\nline 3\n', 'problem\n'])
  assert.equal((await sandbox.process.getSessionCommand(session, command.cmdId)).exitCode, 0)
})

test('a terminal shows what is typed and answered', async () => {
  let seen = ''
  const decoder = new TextDecoder()
  const terminal = await sandbox.process.createPty({
    id: unique('terminal'),
    cols: 100,
    rows: 30,
    envs: { COLOUR: 'red' },
    onData: (data) => (seen += decoder.decode(data, { stream: true })),
  })
  await terminal.waitForConnection()
  await terminal.sendInput('echo "<$COLOUR $(stty size)>"; exit 5\n')
  const result = await terminal.wait()
  assert.match(seen, /<red 30 100>/)
  assert.equal(result.exitCode, 5)
  await terminal.disconnect()
})
