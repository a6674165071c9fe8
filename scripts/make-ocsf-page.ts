/** Writes `docs/reference/ocsf.md` from the table of classes. */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { ocsfPage } from './ocsf-page.ts'

writeFileSync(resolve(import.meta.dirname, '../docs/reference/ocsf.md'), ocsfPage())
console.log('docs/reference/ocsf.md: written')
