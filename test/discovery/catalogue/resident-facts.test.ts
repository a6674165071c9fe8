import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import type { CatalogueEntry } from '../../../src/discovery/catalogue/catalogue.ts'
import { RESIDENT_FACTS } from '../../../src/discovery/catalogue/resident-facts.ts'
import { indexAgents } from '../../../src/discovery/matching/agent-index.ts'
import { matchProcess } from '../../../src/discovery/matching/process-match.ts'
import { AGENT, catalogueOf } from '../small-catalogue.ts'

const NAMED = new Set<string>(RESIDENT_FACTS)

/** Names of facts that are reachable from an index: of its entries, and of entries behind a match. */
function factsIn(index: ReturnType<typeof indexAgents>, executables: readonly string[]): Set<string> {
  const matched = executables.flatMap((executable) => {
    const process = {
      pid: 9,
      parentPid: 1,
      startTicks: 1,
      userId: '0',
      sessionId: 9,
      ttyNumber: 0,
      comm: 'x',
      argv: [],
    }
    return matchProcess(index, { ...process, executable }, ['/home/alice'])?.entry ?? []
  })
  return new Set([...index.entries, ...matched].flatMap((entry) => Object.keys(entry)))
}

test('the index of the resident daemon holds only the named facts', () => {
  const facts = factsIn(indexAgents(builtInCatalogue()), ['/usr/bin/claude', '/usr/bin/ollama'])
  expect([...facts].filter((fact) => !NAMED.has(fact))).toEqual([])
  expect(facts.size).toBeGreaterThan(15)
})

test('drops a new kind of fact that is not named', () => {
  const novel = { factOfNextYear: [{ path: '~/.novel' }] }
  const entry: CatalogueEntry = { ...AGENT, commands: [{ name: 'novel' }], ...novel }
  const facts = factsIn(indexAgents(catalogueOf(entry)), ['/usr/bin/novel'])
  expect([...facts].sort()).toEqual(['commands', 'id', 'kind', 'name', 'vendor'])
})

test('names no fact that homes alone are read by', () => {
  const ofHomes = [
    'mcp',
    'files',
    'settings',
    'plugins',
    'serverRefusals',
    'accounts',
    'workspaces',
    'chromium',
    'pypi',
  ]
  expect(ofHomes.filter((fact) => NAMED.has(fact))).toEqual([])
})
