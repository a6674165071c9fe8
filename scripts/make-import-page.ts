/** Writes `docs/reference/imports.md` from the tables of `test/architecture/`. */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { importPage } from './import-page.ts'

writeFileSync(resolve(import.meta.dirname, '../docs/reference/imports.md'), importPage())
console.log('docs/reference/imports.md: written')
