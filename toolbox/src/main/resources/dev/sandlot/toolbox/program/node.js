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
  const load =
    vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER ??
    ((specifier, _script, attributes) => import(specifier, { with: attributes }))
  // The first import would be told to be an experiment, among what the program prints.
  const warn = process.emitWarning
  process.emitWarning = (warning, ...rest) => {
    if (!String(warning).includes('USE_MAIN_CONTEXT_DEFAULT_LOADER')) return warn.call(process, warning, ...rest)
    process.emitWarning = warn
  }
  new vm.Script(text, { filename: '[eval]', importModuleDynamically: load }).runInThisContext()
}
