// Git through the published client, against a Git server of our own in the sandbox (tests/support/git_server.py).

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'

import { Daytona } from '@daytona/sdk'

import { exact, has } from './generation.mjs'
import { eventually } from './waiting.mjs'

const SERVER = '/tmp/server'
const PLAIN = 'http://localhost:8081'
const SELF_SIGNED = 'https://localhost:8444'
const ROBOT = ['robot', 'open sesame/+%']
const ADA = ['Ada', 'ada@example.org']

const daytona = new Daytona()
const unique = (purpose) => `${purpose}-${randomUUID().slice(0, 8)}`
let sandbox
let git

async function shell(command) {
  const answer = await sandbox.process.executeCommand(command)
  assert.equal(answer.exitCode, 0, `${command}: ${answer.result}`)
  return answer.result
}

async function reachable(url) {
  const ask = `curl --silent --insecure --output /dev/null ${url}/refused/`
  await eventually(`${url} answers`, async () => (await sandbox.process.executeCommand(ask)).exitCode === 0)
}

async function project() {
  const name = unique('project')
  await shell(`python3 ${SERVER}/git_server.py ${SERVER}/files --make ${name}`)
  return name
}

async function clone(url, ...options) {
  const path = unique('clone')
  await git.clone(url, path, ...options)
  return path
}

/** The call must end with this class of error or the one above it, and without a secret in its words. */
async function refused(name, status, call) {
  const type = exact(name, status)
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof type, `${error.constructor.name}: ${error.message}`)
    assert.equal(error.statusCode, status)
    assert.doesNotMatch(error.message, /sesame/)
    return true
  })
}

before(async () => {
  sandbox = await daytona.create({ name: unique('typescript-git') })
  git = sandbox.git
  const program = await readFile(new URL('../../support/git_server.py', import.meta.url))
  await sandbox.fs.uploadFile(program, `${SERVER}/git_server.py`)
  const run = `python3 ${SERVER}/git_server.py ${SERVER}/files`
  await shell(`${run} --make demo`)
  await shell(`nohup ${run} 8444 --tls self-signed > /dev/null 2>&1 &`)
  await shell(`nohup ${run} 8081 > /dev/null 2>&1 &`)
  await reachable(PLAIN)
  await reachable(SELF_SIGNED)
})

after(async () => {
  await sandbox?.delete()
  await daytona[Symbol.asyncDispose]()
})

test('an empty repository has empty lists', async (t) => {
  if (!has(t, git.init, 'git init')) return
  const path = unique('new')
  await git.init(path, false, 'main')
  const status = await git.status(path)
  assert.deepEqual([status.currentBranch, status.fileStatus, status.detached], ['main', [], false])
  assert.deepEqual((await git.branches(path)).branches, [])
  assert.deepEqual((await git.remotes(path)).remotes, [])
  await refused('DaytonaGitRepoNotFoundError', 404, () => git.status(unique('none')))
})

test('changes are staged and committed', async () => {
  const path = await clone(`${PLAIN}/open/demo.git`)
  await sandbox.fs.uploadFile(Buffer.from('new'), `${path}/new.txt`)
  assert.deepEqual((await git.status(path)).fileStatus, [
    { name: 'new.txt', extra: '', staging: 'Untracked', worktree: 'Untracked' },
  ])
  await git.add(path, ['.'])
  assert.match((await git.commit(path, 'Add', ...ADA)).sha, /^[0-9a-f]{40}$/)
  await refused('DaytonaConflictError', 409, () => git.commit(path, 'Nothing', ...ADA))
  assert.equal((await git.status(path)).ahead, 1)
})

test('changes are taken back', async (t) => {
  if (!has(t, git.reset, 'git reset')) return
  const path = await clone(`${PLAIN}/open/demo.git`)
  await sandbox.fs.uploadFile(Buffer.from('new'), `${path}/new.txt`)
  await git.add(path, ['new.txt'])
  await git.restore(path, ['new.txt'], true)
  assert.equal((await git.status(path)).fileStatus[0].staging, 'Untracked')
  await git.reset(path, 'hard', 'HEAD~1')
  await sandbox.fs.uploadFile(Buffer.from('mine'), `${path}/README.md`)
  await refused('DaytonaGitDirtyWorktreeError', 409, () => git.pull(path))
})

test('branches', async () => {
  const path = await clone(`${PLAIN}/open/demo.git`, 'other')
  await git.createBranch(path, 'topic')
  await refused('DaytonaGitBranchExistsError', 409, () => git.createBranch(path, 'topic'))
  await refused('DaytonaGitBranchNotFoundError', 404, () => git.checkoutBranch(path, 'none'))
  await git.checkoutBranch(path, 'other')
  await git.deleteBranch(path, 'topic')
  const { branches, current } = await git.branches(path)
  assert.deepEqual([branches, current ?? 'other'], [['other'], 'other'])
})

test('credentials, pushes and pulls', async () => {
  const url = `${PLAIN}/guarded/${await project()}.git`
  await refused('DaytonaGitAuthFailedError', 401, () => clone(url))
  await refused('DaytonaGitAuthFailedError', 401, () => clone(url, undefined, undefined, 'robot', 'wrong'))
  const mine = await clone(url, undefined, undefined, ...ROBOT)
  const theirs = await clone(url, undefined, undefined, ...ROBOT)
  await git.commit(mine, 'mine', ...ADA, true)
  await git.commit(theirs, 'theirs', ...ADA, true)
  await git.push(mine, ...ROBOT)
  await refused('DaytonaGitPushRejectedError', 409, () => git.push(theirs, ...ROBOT))
  await refused('DaytonaGitMergeConflictError', 409, () => git.pull(theirs, ...ROBOT))
  await shell(`git -C ${theirs} reset --quiet --hard HEAD~1`)
  await git.pull(theirs, ...ROBOT)
  assert.equal((await git.status(theirs)).ahead, 0)
  assert.equal(await shell('grep -r sesame . /tmp --exclude-dir=server || true'), '')
  if (git.push.length < 6) return
  await git.createBranch(theirs, 'topic')
  await git.push(theirs, ...ROBOT, 'topic', 'origin', true)
  assert.equal((await git.status(theirs)).upstream, 'origin/topic')
})

test('what servers refuse', async () => {
  const name = await project()
  const hook = `${SERVER}/files/repositories/${name}.git/hooks/update`
  await shell(`printf '#!/bin/sh\\nexit 1' > ${hook} && chmod +x ${hook}`)
  const path = await clone(`${PLAIN}/guarded/${name}.git`, undefined, undefined, ...ROBOT)
  await git.commit(path, 'x', ...ADA, true)
  await refused('DaytonaGitRemoteRejectedError', 422, () => git.push(path, ...ROBOT))
  await refused('DaytonaForbiddenError', 403, () => clone(`${PLAIN}/refused/demo.git`))
  await refused('DaytonaGitTransportFailedError', 502, () => clone('http://localhost:9/x.git'))
})

test('certificates are checked, and unchecked servers get no credential', async () => {
  const skip = [undefined, undefined, undefined, undefined, true]
  await refused('DaytonaGitTransportFailedError', 502, () => clone(`${SELF_SIGNED}/open/demo.git`))
  const path = await clone(`${SELF_SIGNED}/open/demo.git`, ...skip, 1)
  if (git.clone.length > 7) assert.equal(await shell(`git -C ${path} rev-list --count HEAD`), '1\n')
  await refused('DaytonaBadRequestError', 400, () =>
    clone(`${SELF_SIGNED}/guarded/demo.git`, undefined, undefined, ...ROBOT, true),
  )
  assert.doesNotMatch(await shell(`cat ${SERVER}/files/8444.journal`), /Basic/)
})

test('remotes and configuration', async (t) => {
  if (!has(t, git.remoteAdd, 'git remotes')) return
  const path = unique('config')
  await git.init(path)
  await git.remoteAdd(path, 'origin', `${PLAIN}/open/demo.git`, true)
  assert.equal(await git.remoteGet(path, 'origin'), `${PLAIN}/open/demo.git`)
  await refused('DaytonaConflictError', 409, () => git.remoteAdd(path, 'origin', 'https://a.example/x'))
  assert.ok(!(await git.getConfig('sandlot.none')))
  await git.configureUser('Grace', 'grace@example.org', 'local', path)
  assert.equal(await git.getConfig('user.email', 'local', path), 'grace@example.org')
  await git.dangerouslyAuthenticate(...ROBOT, 'localhost:8081', 'http')
  await git.pull(await clone(`${PLAIN}/guarded/demo.git`))
  await shell('rm ~/.git-credentials')
})
