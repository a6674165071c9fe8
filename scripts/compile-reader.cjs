// Runs the code of the reader child in FOLDER once, on the request that standard input holds, and leaves what V8 has compiled
// of it there; what lies there already is the beginning. Plain CommonJS, as what it stands for.
const { existsSync, readFileSync, writeFileSync } = require('node:fs')
const { join } = require('node:path')
const { Script } = require('node:vm')

const [code, cache] = ['reader-code.js', 'reader-code.cache'].map((name) => join(process.argv[2] ?? '', name))
const script = new Script(readFileSync(code, 'latin1'), {
  filename: code,
  ...(existsSync(cache) ? { cachedData: readFileSync(cache) } : {}),
})
script.runInThisContext()(require, process.argv[2])
process.once('beforeExit', () => writeFileSync(cache, script.createCachedData()))
