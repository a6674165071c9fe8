/** `node scripts/run.cjs scripts/make-console.ts [FOLDER]`: builds the console of a checkout, in `.build/console`. */
import { join, resolve } from 'node:path'
import { buildConsole } from './build-console.ts'

const folder = resolve(process.argv[2] ?? join(import.meta.dirname, '../.build/console'))
const { files, firstPageBytes } = await buildConsole(folder)
console.log(`${folder}: ${files} files, first page ${Math.round(firstPageBytes / 102.4) / 10} KiB compressed`)
