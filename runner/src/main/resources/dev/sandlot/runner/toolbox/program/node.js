// Runs the program that comes on descriptor 3, or on standard input from an older agent, as `node -e` would.
{
  const fs = require('node:fs')
  const vm = require('node:vm')
  let text
  try {
    text = fs.readFileSync(3, 'utf8')
    fs.closeSync(3)
  } catch {
    text = fs.readFileSync(0, 'utf8')
  }
  process.execArgv = []
  delete process._eval
  const load = (specifier, _script, attributes) => import(specifier, { with: attributes })
  new vm.Script(text, { filename: '[eval]', importModuleDynamically: load }).runInThisContext()
}
