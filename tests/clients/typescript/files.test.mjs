// Searching in files and files by signed URL with the published TypeScript client.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { Daytona, DaytonaNotFoundError } from '@daytona/sdk'

import { has } from './generation.mjs'

const daytona = new Daytona()
let sandbox

before(async () => {
  sandbox = await daytona.create()
  await sandbox.fs.uploadFile(Buffer.from('one\n// TODO: two\n'), 'project/src/a.ts')
  await sandbox.fs.uploadFile(Buffer.from('TODO'), 'project/.b.ts')
})

after(async () => {
  await sandbox?.delete()
  await daytona[Symbol.asyncDispose]()
})

test('finds lines and searches names', async () => {
  assert.deepEqual(await sandbox.fs.findFiles('project', 'TODO:'), [
    { file: 'project/src/a.ts', line: 2, content: '// TODO: two' },
  ])
  assert.deepEqual((await sandbox.fs.searchFiles('project', '*.ts')).files, ['project/.b.ts', 'project/src/a.ts'])
  await assert.rejects(sandbox.fs.findFiles('nowhere', 'x'), DaytonaNotFoundError)
})

test('lists deeper than one folder', async (t) => {
  if (!has(t, sandbox.fs.listFiles.length > 1, 'depth of a listing')) return
  const paths = (await sandbox.fs.listFiles('project', { depth: 2 })).map((file) => file.path)
  assert.deepEqual(paths.sort(), ['.b.ts', 'src', 'src/a.ts'].map((name) => `/home/daytona/project/${name}`))
})

test('replaces, and says of each file what became of it', async () => {
  const results = await sandbox.fs.replaceInFiles(['project/.b.ts', 'project/none'], 'TODO', '')
  assert.deepEqual(results.map((each) => [each.file, each.success]), [['project/.b.ts', true], ['project/none', false]])
  assert.equal((await sandbox.fs.downloadFile('project/.b.ts')).length, 0)
})

test('a signed url needs no key and ends with the rotation', async (t) => {
  if (!has(t, sandbox.uploadUrl, 'signed URLs of files')) return
  const path = 'project/by url + é.txt'
  const form = new FormData()
  form.append('file', new Blob(['sent as a form']), 'ignored')
  const uploaded = await fetch(await sandbox.uploadUrl(path), { method: 'POST', body: form })
  assert.equal(uploaded.status, 200, await uploaded.text())

  const url = await sandbox.downloadUrl(path, 60)
  assert.equal(await (await fetch(url)).text(), 'sent as a form')
  assert.equal((await fetch(url.replace('expires=', 'expires=1'))).status, 401)
  await sandbox.rotateSigningKey()
  assert.equal((await fetch(url)).status, 401)
  assert.equal((await fetch(await sandbox.downloadUrl(path, -1))).status, 200)
})
