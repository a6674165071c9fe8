/** Makes homes for Linux, macOS and Windows, from documented layouts: browsers, editors, agents, MCP servers and agent files. */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  AGENT_SERVERS,
  editorServers,
  makeDocumentedFiles,
  makeDocumentedInstallations,
  makeDocumentedServers,
  serversElsewhere,
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
    const servers = [...editorServers(system), ...AGENT_SERVERS, ...serversElsewhere(system)]
    const agents = makeDocumentedInstallations(home, system)
    makeDocumentedFiles(home, 'work/app')
    makeDocumentedServers(home, servers)
    const extensions = makeDocumentedHome(home, system)
    console.log(`${home}  ${agents.length} agents, ${servers.length} servers, ${extensions.length} extensions`)
  }
}
