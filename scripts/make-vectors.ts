/**
 * Writes `test/vectors/*.json` and `docs/reference/protocol-session.md`, always with the same bytes. From the first release on they change
 * only with `protocol/messages/version.ts`.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildBindingVectors } from '../test/support/protocol/vector-cases/bindings.ts'
import { buildCanonicalVectors } from '../test/support/protocol/vector-cases/canonical-json.ts'
import { buildChainVectors } from '../test/support/protocol/vector-cases/chains.ts'
import { buildFrameVectors } from '../test/support/protocol/vector-cases/frames.ts'
import { buildSessionVectors } from '../test/support/protocol/vector-cases/session.ts'
import { jsonLines } from './json-lines.ts'
import { sessionPage } from './session-page.ts'

const folder = resolve(import.meta.dirname, '../test/vectors')
mkdirSync(folder, { recursive: true })
const files = {
  bindings: buildBindingVectors(),
  'canonical-json': buildCanonicalVectors(),
  chains: await buildChainVectors(),
  frames: await buildFrameVectors(),
  session: await buildSessionVectors(),
}
for (const [name, content] of Object.entries(files)) {
  writeFileSync(join(folder, `${name}.json`), jsonLines(content))
  console.log(`test/vectors/${name}.json`)
}
writeFileSync(resolve(import.meta.dirname, '../docs/reference/protocol-session.md'), sessionPage(files.session))
