// The examples of the documentation run as they stand.

import { readFile, rm, writeFile } from 'node:fs/promises'
import { test } from 'node:test'

const page = await readFile(new URL('../../../docs/clients.md', import.meta.url), 'utf8')
const programs = [...page.matchAll(/^```js\n(.*?)^```$/gms)].map((match) => match[1])

for (const [number, program] of programs.entries()) {
  test(`example ${number + 1} of the page on clients`, async () => {
    const file = new URL(`./example-${process.pid}-${number}.mjs`, import.meta.url)
    await writeFile(file, program)
    try {
      await import(file)
    } finally {
      await rm(file)
    }
  })
}
