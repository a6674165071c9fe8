/** Writes `test/vectors/*.json`; the same bytes every time. They change only with `protocol/version.ts`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildBindingVectors } from '../test/support/vector-cases/bindings.ts'
import { buildChainVectors } from '../test/support/vector-cases/chains.ts'
import { buildFrameVectors } from '../test/support/vector-cases/frames.ts'

const folder = resolve(import.meta.dirname, '../test/vectors')
mkdirSync(folder, { recursive: true })
const files = { bindings: buildBindingVectors(), chains: await buildChainVectors(), frames: await buildFrameVectors() }
for (const [name, content] of Object.entries(files)) {
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(content, undefined, 2)}\n`)
  console.log(`test/vectors/${name}.json  ${content.vectors.length} vectors`)
}
