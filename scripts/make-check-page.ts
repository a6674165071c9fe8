/** Writes `docs/checks.md` from the texts of `surety explain`. */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { checkPage } from './check-page.ts'

writeFileSync(resolve(import.meta.dirname, '../docs/checks.md'), checkPage())
console.log('docs/checks.md: written')
