// A terminal and a log over `ws`, which offers compression, checks what it is sent, and cuts messages where it is told.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { after, before, test } from 'node:test'

import { Daytona } from '@daytona/sdk'
import WebSocket from 'ws'

const unique = (purpose) => `${purpose}-${randomUUID().slice(0, 8)}`
const daytona = new Daytona()
let sandbox

before(async () => {
  sandbox = await daytona.create({ name: unique('websocket') })
})

after(async () => {
  await sandbox?.delete()
  await daytona[Symbol.asyncDispose]()
})

function connect(target, key = process.env.DAYTONA_API_KEY) {
  const host = new URL(process.env.DAYTONA_API_URL).hostname
  return new WebSocket(`ws://${host}:${process.env.SANDLOT_PROXY_PORT}/toolbox/${sandbox.id}${target}`, {
    headers: { Authorization: `Bearer ${key}` },
    origin: 'https://elsewhere.example',
  })
}

/** An open terminal; `shows` waits until it has shown a text. */
async function terminal() {
  const name = unique('terminal')
  await (await sandbox.process.createPty({ id: name, cols: 80, rows: 24, onData: () => {} })).disconnect()
  const socket = connect(`/process/pty/${name}/connect`)
  let seen = ''
  const changed = []
  socket.on('message', (data, binary) => {
    if (binary) seen += data.toString('latin1')
    changed.splice(0).forEach((wake) => wake())
  })
  socket.on('close', () => changed.splice(0).forEach((wake) => wake()))
  await once(socket, 'open')
  const shows = async (text) => {
    while (!seen.includes(text)) {
      assert.equal(socket.readyState, WebSocket.OPEN, `closed; it has shown ${seen}`)
      await new Promise((wake) => changed.push(wake))
    }
  }
  return { socket, shows }
}

test('a terminal takes pings, and text and bytes in pieces', async () => {
  const { socket, shows } = await terminal()
  assert.equal(socket.extensions, '')
  const ping = once(socket, 'pong')
  socket.ping('there?')
  assert.equal(String((await ping)[0]), 'there?')

  socket.send('echo a$((1', { fin: false, binary: true })
  const between = once(socket, 'pong')
  socket.ping('between')
  socket.send('+1))b\n', { fin: true, binary: true })
  assert.equal(String((await between)[0]), 'between')
  await shows('a2b')

  const line = Buffer.from("echo [$(printf '€' | od -An -tx1)]\n")
  const cut = line.indexOf('€') + 1 // in the middle of the character
  socket.send(line.subarray(0, cut), { fin: false, binary: false })
  socket.send(line.subarray(cut), { fin: true, binary: false })
  await shows('[ e2 82 ac]')

  socket.close(4001, 'enough')
  const [code] = await once(socket, 'close')
  assert.equal(code, 4001)
})

test('a message beyond the limit ends the connection with the limit', async () => {
  const { socket } = await terminal()
  socket.send(Buffer.alloc(65_537))
  const [code, reason] = await once(socket, 'close')
  assert.deepEqual([code, String(reason)], [1009, 'a message is at most 65536 bytes'])
})

test('text that is not UTF-8 ends the connection', async () => {
  const { socket } = await terminal()
  socket.send(Buffer.from([0x61, 0xff]), { binary: false })
  const [code] = await once(socket, 'close')
  assert.equal(code, 1007)
})

test('a refused connection says why', async () => {
  const socket = connect('/process/pty/any/connect', "nobody's")
  const [, answer] = await once(socket, 'unexpected-response')
  let body = ''
  for await (const piece of answer) body += piece
  assert.equal(answer.statusCode, 401)
  assert.ok(JSON.parse(body).message)
})

test('a log is followed to its end', async () => {
  const session = unique('session')
  await sandbox.process.createSession(session)
  const command = await sandbox.process.executeSessionCommand(session, {
    command: "head -c 300000 /dev/zero | tr '\\0' x; echo; echo end",
    runAsync: true,
  })
  const socket = connect(`/process/session/${session}/command/${command.cmdId}/logs?follow=true`)
  let seen = ''
  socket.on('message', (data) => (seen += data.toString('latin1')))
  const [code] = await once(socket, 'close')
  assert.equal(code, 1000)
  assert.equal(seen.replaceAll('\x01', ''), `${'x'.repeat(300_000)}\nend\n`)
})
