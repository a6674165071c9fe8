/** Makes homes for Linux, macOS and Windows with every browser and editor, for experiments. The Linux home has agent files too. */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  AGENT_SERVERS,
  EDITOR_SERVERS,
  makeDocumentedFiles,
  makeDocumentedServers,
} from '../test/fixtures/homes/documented-agents.ts'
import { makeDocumentedHome } from '../test/fixtures/homes/documented-homes.ts'

const HOMES = { linux: 'linux/home/ada', darwin: 'darwin/Users/ada', windows: 'windows/Users/ada' } as const

const [folder] = process.argv.slice(2)
if (folder === undefined) {
  console.error('Usage: node scripts/run.cjs scripts/make-fixture-homes.ts FOLDER')
  process.exitCode = 2
} else {
  for (const system of ['linux', 'darwin', 'windows'] as const) {
    const home = join(resolve(folder), HOMES[system])
    mkdirSync(home, { recursive: true })
    if (system === 'linux') {
      makeDocumentedFiles(home, 'work/app')
      makeDocumentedServers(home, [...EDITOR_SERVERS, ...AGENT_SERVERS])
    }
    console.log(`${home}  ${makeDocumentedHome(home, system).length} extensions`)
  }
}
