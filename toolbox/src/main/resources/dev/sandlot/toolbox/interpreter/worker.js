// One JavaScript context of the stateful interpreter: runs pieces of code one after another in one global scope.
//
// Requests are lines of JSON on descriptor 3: {"id", "code", "envs"}. What the code and its children write goes to
// descriptors 1 and 2 as it is. Between it stand frames, which tell where an execution begins and ends: a NUL byte, the
// token of the command line, a blank, a JSON object in ASCII and a newline, never longer than what a pipe takes whole.
// Code is evaluated as in a debugger's console, so that names may be declared again and `await` stands anywhere. Runs on
// Node.js 18 and later.
{
  const fs = require('node:fs')
  const inspector = require('node:inspector')
  const net = require('node:net')
  const util = require('node:util')
  const vm = require('node:vm')

  const CONTROL = 3
  const NAME_MAX = 256
  const TEXT_MAX = 65536
  const TRACE_MAX = 262144
  const PART = 256
  const token = process.argv[1]
  const left = Symbol('the code has called process.exit')
  const { stringify, parse } = JSON
  const pause = new Int32Array(new SharedArrayBuffer(4))

  const write = (descriptor, bytes) => {
    for (let at = 0; at < bytes.length; ) {
      try {
        at += fs.writeSync(descriptor, bytes, at)
      } catch (error) {
        if (error.code !== 'EAGAIN') throw error
        Atomics.wait(pause, 0, 0, 1)
      }
    }
  }

  const ascii = (text) =>
    text.replace(/[^\x20-\x7e]/g, (unit) => '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0'))

  const send = (descriptors, fields) => {
    const frame = Buffer.from(`\0${token} ${ascii(stringify(fields))}\n`)
    for (const descriptor of descriptors) write(descriptor, frame)
  }

  const shortened = (text, limit) =>
    text.length <= limit ? text : text.slice(0, limit / 2) + '\n...\n' + text.slice(-limit / 2)

  /** Without the frames of this program and of Node.js itself. */
  const ownFrames = (stack) => {
    const lines = stack.split('\n').filter((line) => !/^\s+at .*(node:|\[eval\]|evalmachine)/.test(line))
    while (/^\s+at .*\(<anonymous>\)$/.test(lines.at(-1))) lines.pop()
    return lines.join('\n') + '\n'
  }

  const describe = (thrown) => {
    if (thrown instanceof Error || util.types.isNativeError(thrown)) {
      const name = String(thrown.name || 'Error')
      const value = String(thrown.message)
      const stack = typeof thrown.stack === 'string' ? thrown.stack : `${name}: ${value}`
      const syntax = name === 'SyntaxError' && !/^\s+at .*<stdin>/m.test(stack)
      return { name, value, traceback: syntax ? `${name}: ${value}\n` : ownFrames(stack) }
    }
    const value = typeof thrown === 'string' ? thrown : util.inspect(thrown)
    return { name: 'Error', value, traceback: `Uncaught ${value}\n` }
  }

  const session = new inspector.Session()
  session.connect()
  // Objects cannot be had from the session by their ids; what was thrown is fetched through this.
  let given
  const taker = { take: (value) => (given = value) }
  globalThis[Symbol.for('sandlot.taker')] = taker

  const fetched = (remote) => {
    if (remote === undefined || remote.objectId === undefined) {
      return remote && 'value' in remote ? remote.value : remote?.unserializableValue
    }
    given = undefined
    const functionDeclaration = `function () { 'use strict'; globalThis[Symbol.for('sandlot.taker')].take(this) }`
    session.post('Runtime.callFunctionOn', { objectId: remote.objectId, functionDeclaration })
    session.post('Runtime.releaseObject', { objectId: remote.objectId })
    return given
  }

  let finish
  /** Evaluates code; the promise tells how it has ended. */
  const evaluate = (code) =>
    new Promise((resolve) => {
      finish = resolve
      const parameters = { expression: `${code}\n//# sourceURL=<stdin>`, replMode: true, awaitPromise: true }
      taker.post = () =>
        session.post('Runtime.evaluate', parameters, (failed, answer) => {
          if (failed) return resolve({ outcome: 'failed', thrown: new Error(failed.message) })
          const details = answer.exceptionDetails
          if (details === undefined) return resolve({ outcome: 'completed' })
          const thrown = fetched(details.exception)
          if (thrown === left) return resolve({ outcome: 'completed' })
          resolve({ outcome: 'failed', thrown })
        })
      try {
        // Only code that is run so can be interrupted while it does not wait.
        vm.runInThisContext(`globalThis[Symbol.for('sandlot.taker')].post()`, { breakOnSigint: true })
      } catch (error) {
        resolve(
          error?.code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED'
            ? { outcome: 'interrupted' }
            : { outcome: 'failed', thrown: error },
        )
      }
    })

  const execute = async ({ id, code, envs }) => {
    const before = new Map(Object.keys(envs).map((name) => [name, process.env[name]]))
    Object.assign(process.env, envs)
    send([1, 2], { id, kind: 'begin' })
    const end = await evaluate(code)
    finish = undefined
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    if (end.outcome === 'failed') {
      const told = describe(end.thrown)
      const limits = { name: NAME_MAX, value: TEXT_MAX, traceback: TRACE_MAX }
      for (const field of Object.keys(limits)) {
        const text = shortened(told[field], limits[field])
        for (let at = 0; at < text.length; at += PART) {
          send([1], { id, kind: 'error', field, text: text.slice(at, at + PART) })
        }
      }
    }
    send([1, 2], { id, kind: 'end', outcome: end.outcome === 'interrupted' ? 'interrupted' : 'completed' })
  }

  process.on('SIGINT', () => finish?.({ outcome: 'interrupted' }))
  process.on('uncaughtException', (error) => {
    if (error !== left) process.stderr.write(`Uncaught ${describe(error).traceback}`)
  })
  process.exit = () => {
    throw left
  }
  process.argv.splice(1)

  let waiting = []
  let last = Promise.resolve()
  const control = new net.Socket({ fd: CONTROL, readable: true, writable: false })
  control.on('data', (piece) => {
    const lines = piece.toString('latin1').split('\n')
    const rest = lines.pop()
    for (const line of lines) {
      waiting.push(line)
      const whole = Buffer.from(waiting.join(''), 'latin1').toString('utf8')
      waiting = []
      let request
      try {
        request = parse(whole)
      } catch {
        continue // A server has left it half written.
      }
      if (typeof request?.code === 'string') last = last.then(() => execute({ envs: {}, ...request }))
    }
    waiting.push(rest)
  })
  control.on('close', () => process.kill(process.pid, 'SIGKILL'))
}
