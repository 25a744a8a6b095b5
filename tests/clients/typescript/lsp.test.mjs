// Language servers through the published client.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'

import { Daytona } from '@daytona/sdk'

import { exact } from './generation.mjs'

const CLASS = 5
const daytona = new Daytona()
let sandbox

before(async () => {
  sandbox = await daytona.create({ name: `lsp-${randomUUID().slice(0, 8)}` })
  await sandbox.fs.uploadFile(Buffer.from('class Shop:\n    def price(self):\n        return 1\n'), 'py/shop.py')
  await sandbox.fs.uploadFile(
    Buffer.from('export class Shop {\n  price(): number { return 1 }\n}\nnew Shop().pri\n'),
    'ts/shop.ts',
  )
})

after(async () => {
  await sandbox?.delete()
  await daytona[Symbol.asyncDispose]()
})

for (const [language, project, file] of [
  ['python', 'py', 'shop.py'],
  ['typescript', 'ts', 'shop.ts'],
]) {
  test(`symbols of ${language}, by relative and absolute paths`, async () => {
    const lsp = await sandbox.createLspServer(language, project)
    await lsp.start()
    for (const path of [`${project}/${file}`, `/home/daytona/${project}/${file}`]) {
      await lsp.didOpen(path)
      const shop = (await lsp.documentSymbols(path)).find((symbol) => symbol.name === 'Shop')
      assert.equal(shop.kind, CLASS)
      assert.equal(shop.location.uri, `file:///home/daytona/${project}/${file}`)
      await lsp.didClose(path)
    }
    const found = await lsp.sandboxSymbols('Shop')
    assert.ok(found.some((symbol) => symbol.name === 'Shop' && symbol.kind === CLASS))
    await lsp.stop()
  })
}

test('completions of typescript', async () => {
  const lsp = await sandbox.createLspServer('typescript', 'ts')
  await lsp.start()
  const completed = await lsp.completions('ts/shop.ts', { line: 3, character: 14 })
  assert.deepEqual(
    completed.items.map((item) => item.label),
    ['price'],
  )
  await lsp.stop()
})

test('a server that was not started is named as such', async () => {
  const lsp = await sandbox.createLspServer('python', 'never')
  await assert.rejects(lsp.documentSymbols('py/shop.py'), exact('DaytonaLspServerNotInitializedError', 400))
})
