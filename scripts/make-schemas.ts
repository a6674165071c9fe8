/** Writes `docs/schemas/*.json` from the schemas in `src/protocol/`, and removes other files there. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { jsonLines } from './json-lines.ts'
import { protocolSchemas } from './protocol-schemas.ts'

const folder = resolve(import.meta.dirname, '../docs/schemas')
mkdirSync(folder, { recursive: true })
const made = protocolSchemas()
for (const name of readdirSync(folder)) if (!made.has(name)) rmSync(join(folder, name))
for (const [name, schema] of made) writeFileSync(join(folder, name), jsonLines(schema))
console.log(`docs/schemas: ${made.size} schemas`)
