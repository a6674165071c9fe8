// save-compiled-code.cjs FOLDER NAME FLAGS ARGUMENT …: sets V8 flags (separated by commas), runs NAME-code.js in FOLDER, and saves the
// code that V8 has compiled in NAME-code.cache, in addition to what is there. CommonJS, like the runner in
// `src/system/program/compiled-code.ts`.
const { existsSync, readFileSync, writeFileSync } = require('node:fs')
const { join, resolve } = require('node:path')
const { createRequire } = require('node:module')
const { pathToFileURL } = require('node:url')
const { setFlagsFromString } = require('node:v8')
const { Script } = require('node:vm')

const [folder, name, flags] = process.argv.splice(2, 3)
for (const flag of flags.split(',').filter((one) => one !== '')) setFlagsFromString(flag)
const [code, cache] = ['js', 'cache'].map((ending) => join(resolve(folder), `${name}-code.${ending}`))
const script = new Script(readFileSync(code, 'utf8'), {
  filename: code,
  ...(existsSync(cache) ? { cachedData: readFileSync(cache) } : {}),
})
const url = pathToFileURL(code).href
script.runInThisContext()(createRequire(url), resolve(folder), code, url)
process.once('exit', () => writeFileSync(cache, script.createCachedData()))
