/** Writes what pages say of all checks from their cards: `docs/reference/checks.md`, the default policy, and a table of `docs/protocol.md`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { DEFAULT_POLICY_TEXT } from '../src/directory/policy/default-policy.ts'
import { checkPage, protocolRows } from './check-page.ts'

const docs = resolve(import.meta.dirname, '../docs')
const protocol = readFileSync(resolve(docs, 'protocol.md'), 'utf8')
const table = /(?<=^\| check \| passes where \| weight \|\n\|---\|---\|---\|\n)(?:\|.*\n)+/m
writeFileSync(resolve(docs, 'reference/checks.md'), checkPage())
writeFileSync(resolve(docs, 'reference/default-policy.yaml'), DEFAULT_POLICY_TEXT)
writeFileSync(resolve(docs, 'protocol.md'), protocol.replace(table, protocolRows()))
console.log('docs: reference/checks.md, reference/default-policy.yaml and the checks of protocol.md: written')
