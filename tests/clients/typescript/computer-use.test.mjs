// Computer use through the published TypeScript client.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { Daytona, DaytonaError } from '@daytona/sdk'

import { eventually } from './waiting.mjs'

const daytona = new Daytona()
let sandbox
let use

before(async () => {
  sandbox = await daytona.create({ snapshot: 'sandlot/desktop' })
  use = sandbox.computerUse
  const started = await use.start()
  for (const name of ['xvfb', 'xfce4', 'x11vnc', 'novnc']) assert.equal(started.status[name].running, true, name)
})

after(async () => {
  await sandbox?.delete()
  await daytona[Symbol.asyncDispose]()
})

test('the desktop is active and shows itself', async () => {
  assert.equal((await use.getStatus()).status, 'active')
  const shot = await use.screenshot.takeFullScreen()
  assert.equal(Buffer.from(shot.screenshot, 'base64').subarray(1, 4).toString(), 'PNG')
  const small = await use.screenshot.takeCompressed({ format: 'jpeg', quality: 40, scale: 0.5 })
  assert.equal(Buffer.from(small.screenshot, 'base64').length, small.sizeBytes)
})

test('a window is opened, moved and closed by mouse and keys', async () => {
  await sandbox.process.executeCommand('GSETTINGS_BACKEND=memory nohup mousepad >/dev/null 2>&1 &')
  const window = await eventually('a window', async () => (await use.display.getWindows()).windows.find((one) => one.isActive))
  await use.mouse.drag(window.x + 200, window.y + 8, window.x + 240, window.y + 28)
  await eventually('it has moved', async () => (await use.display.getWindows()).windows[0].x === window.x + 40)
  await use.keyboard.type('text')
  await use.keyboard.hotkey('ctrl+z')
  await sandbox.process.executeCommand('pkill mousepad')
  await eventually('it is closed', async () => (await use.display.getWindows()).windows.length === 0)
})

test('refusals are errors with a sentence', async () => {
  await assert.rejects(use.keyboard.press('!'), (error) => error instanceof DaytonaError && /shift/.test(error.message))
})

test('a recording is a video', async () => {
  const started = await use.recording.start('typescript')
  await use.mouse.move(10, 10)
  const stopped = await use.recording.stop(started.id)
  assert.equal(stopped.status, 'completed')
  assert.ok(stopped.sizeBytes > 0)
  await use.recording.delete(started.id)
})
