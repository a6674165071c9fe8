/** Writes `docs/reference/errors.md` from the table of error codes. */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { errorPage } from './error-page.ts'

writeFileSync(resolve(import.meta.dirname, '../docs/reference/errors.md'), errorPage())
console.log('docs/reference/errors.md: written')
