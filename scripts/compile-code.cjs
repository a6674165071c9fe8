// compile-code.cjs FOLDER NAME FLAGS: sets V8 flags (separated by commas), compiles all functions of NAME-code.js in FOLDER, and saves
// them in NAME-code.cache. It runs none of the code. With --random-seed two runs write the same bytes. CommonJS, like the runner
// in `src/system/program/compiled-code.ts`.
const { readFileSync, writeFileSync } = require('node:fs')
const { join, resolve } = require('node:path')
const { setFlagsFromString } = require('node:v8')
const { Script } = require('node:vm')

const [folder, name, flags] = process.argv.slice(2)
for (const flag of flags.split(',').filter((one) => one !== '')) setFlagsFromString(flag)
const [code, cache] = ['js', 'cache'].map((ending) => join(resolve(folder), `${name}-code.${ending}`))
setFlagsFromString('--no-lazy')
// The name is saved, so it has no folder.
const script = new Script(readFileSync(code, 'utf8'), { filename: `${name}-code.js` })
// V8 saves its flags as well, and rejects the code under others.
setFlagsFromString('--lazy')
writeFileSync(cache, script.createCachedData())
