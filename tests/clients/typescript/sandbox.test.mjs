// The published TypeScript client against a server of ours, told by DAYTONA_API_URL and DAYTONA_API_KEY.

import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'

import {
  Daytona,
  DaytonaAuthenticationError,
  DaytonaConflictError,
  DaytonaConnectionError,
  DaytonaError,
  DaytonaNotFoundError,
} from '@daytona/sdk'

import { TimedOut } from './generation.mjs'
import { eventually } from './waiting.mjs'

const unique = (purpose) => `${purpose}-${randomUUID().slice(0, 8)}`
const daytona = new Daytona()
const name = unique('typescript')
let sandbox

async function listed(labels) {
  const found = []
  for await (const each of daytona.list({ labels })) found.push(each.id)
  return found
}

/** The wanted class and status. */
const refusal = (type, status) => (error) => {
  assert.ok(error instanceof type, `${error.constructor.name}: ${error.message}`)
  assert.equal(error.statusCode, status)
  return true
}

before(async () => {
  sandbox = await daytona.create({ name, labels: { journey: name }, envVars: { COLOUR: 'green' } })
})

after(async () => {
  await sandbox?.delete()
  await daytona[Symbol.asyncDispose]()
})

test('create gives name, labels and environment', async () => {
  assert.equal(sandbox.name, name)
  assert.equal(sandbox.state, 'started')
  assert.equal(sandbox.labels.journey, name)
  assert.equal((await sandbox.process.executeCommand('printenv COLOUR')).result, 'green\n')
  assert.match((await sandbox.process.executeCommand('uname -a')).result, /gvisor/i)
})

test('code runs in the language of the sandbox', async () => {
  const answer = await sandbox.process.codeRun('print(6 * 7)')
  assert.deepEqual([answer.exitCode, answer.result], [0, '42\n'])
})

test('a typescript sandbox runs typescript', async () => {
  const other = await daytona.create({ language: 'typescript' })
  try {
    const answer = await other.process.codeRun('const n: number = 6 * 7; console.log(n)')
    assert.deepEqual([answer.exitCode, answer.result], [0, '42\n'])
  } finally {
    await other.delete()
  }
})

test('a failing command is an answer with its code and output', async () => {
  const answer = await sandbox.process.executeCommand('echo before; echo problem >&2; exit 7')
  assert.deepEqual([answer.exitCode, answer.result], [7, 'before\nproblem\n'])
})

test('a command over its time is a timeout error', async () => {
  await assert.rejects(sandbox.process.executeCommand('sleep 600', undefined, undefined, 1), TimedOut)
  assert.equal((await sandbox.process.executeCommand('echo still here')).result, 'still here\n')
})

test('where a command runs, and with which environment', async () => {
  const answer = await sandbox.process.executeCommand('pwd; printenv PLACE', '/tmp', { PLACE: 'here' })
  assert.equal(answer.result, '/tmp\nhere\n')
})

test('files go up, come down, are listed, moved and deleted', async () => {
  const folder = `/home/daytona/${unique('files')}`
  const content = randomBytes(300_000)
  await sandbox.fs.createFolder(folder, '755')
  await sandbox.fs.uploadFile(content, `${folder}/naïve file.bin`)
  assert.deepEqual(await sandbox.fs.downloadFile(`${folder}/naïve file.bin`), content)

  await sandbox.fs.moveFiles(`${folder}/naïve file.bin`, `${folder}/moved`)
  const files = await sandbox.fs.listFiles(folder)
  assert.deepEqual(files.map((file) => [file.name, file.size, file.isDir]), [['moved', 300_000, false]])

  await sandbox.fs.setFilePermissions(`${folder}/moved`, { mode: '640' })
  assert.equal((await sandbox.fs.getFileDetails(`${folder}/moved`)).permissions, '0640')

  await sandbox.fs.deleteFile(`${folder}/moved`)
  assert.deepEqual(await sandbox.fs.listFiles(folder), [])
})

test('an empty file comes back empty', async () => {
  await sandbox.fs.uploadFile(Buffer.alloc(0), 'empty')
  assert.equal((await sandbox.fs.downloadFile('empty')).length, 0)
})

test('several files in one call, one of them missing', async () => {
  await sandbox.fs.uploadFiles([0, 1, 2].map((n) => ({ source: Buffer.from(`file ${n}`), destination: `several/${n}` })))
  const answers = await sandbox.fs.downloadFiles([{ source: 'several/2' }, { source: 'several/none' }])
  assert.equal(answers.find((each) => each.source === 'several/2').result.toString(), 'file 2')
  assert.ok(answers.find((each) => each.source === 'several/none').error)
})

test('a file is streamed in both directions', async () => {
  const content = randomBytes(2 << 20)
  await sandbox.fs.uploadFileStream(content, 'streamed')
  const chunks = []
  for await (const chunk of await sandbox.fs.downloadFileStream('streamed')) chunks.push(chunk)
  assert.deepEqual(Buffer.concat(chunks), content)
})

test('files are there again after a stop and a start', async () => {
  await sandbox.fs.uploadFile(Buffer.from('kept over a stop'), 'notes.txt')
  await sandbox.stop()
  assert.equal(sandbox.state, 'stopped')
  await sandbox.start()
  assert.equal((await sandbox.fs.downloadFile('notes.txt')).toString(), 'kept over a stop')
  assert.equal((await sandbox.process.executeCommand('printenv COLOUR')).result, 'green\n')
})

test('found by id, by name and by label', async () => {
  assert.equal((await daytona.get(sandbox.id)).name, name)
  assert.equal((await daytona.get(name)).id, sandbox.id)
  assert.deepEqual(await listed({ journey: name }), [sandbox.id])
  assert.deepEqual(await listed({ journey: 'of somebody else' }), [])
})

test('a deleted sandbox is gone', async () => {
  const other = await daytona.create({ name: unique('short-lived') })
  await other.delete(60, true)
  const refused = () => daytona.get(other.id).then(() => undefined, (error) => error)
  refusal(DaytonaNotFoundError, 404)(await eventually('it is gone', refused))
})

test('each kind of error has its class', async () => {
  await assert.rejects(daytona.get(unique('nobody')), refusal(DaytonaNotFoundError, 404))
  await assert.rejects(daytona.create({ name }), refusal(DaytonaConflictError, 409))
  await assert.rejects(daytona.create({ snapshot: unique('no-snapshot') }), refusal(DaytonaError, 400))
  await assert.rejects(daytona.create({ domainAllowList: 'example.org' }), refusal(DaytonaError, 400))
  await assert.rejects(sandbox.fs.downloadFile('/home/daytona/nothing'), refusal(DaytonaNotFoundError, 404))
  await assert.rejects(new Daytona({ apiKey: 'no-such-key' }).get(name), refusal(DaytonaAuthenticationError, 401))
  const absent = new Daytona({ apiKey: 'any', apiUrl: 'http://127.0.0.1:9/api' })
  await assert.rejects(absent.get(name), DaytonaConnectionError)
})
