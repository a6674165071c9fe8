import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import type { Catalogue } from '../../../src/discovery/catalogue/catalogue.ts'
import type { DiscoveryTask } from '../../../src/discovery/files/scan-tasks.ts'
import { indexAgents } from '../../../src/discovery/matching/agent-index.ts'
import type { Sighting } from '../../../src/protocol/sighting.ts'
import { type FixtureHome, fixtureHome, writeChromiumProfile } from '../../support/homes/fixture-home.ts'
import { scanHome } from '../../support/homes/scan-home.ts'
import { findAgents } from '../../support/processes/find-agents.ts'

/** What its maker has ended goes on lying about, and running. */

const END = { endOfLife: '2026-01-01', successor: 'claude-code' }
const NOTHING = { endOfLife: undefined, successor: undefined }

function ended(id: string): Catalogue {
  const catalogue = builtInCatalogue()
  return { ...catalogue, entries: catalogue.entries.map((entry) => (entry.id === id ? { ...entry, ...END } : entry)) }
}

const endOf = (sighting: Sighting | undefined) => {
  const { endOfLife, successor } = { ...NOTHING, ...sighting }
  return { endOfLife, successor }
}

const CODEX = '/usr/lib/node_modules/@openai/codex/bin/codex.js'
const RUNNING = {
  pid: 100,
  executable: '/usr/bin/node',
  argv: ['node', CODEX],
  parentPid: 1,
  startTicks: 1,
  userId: '1000',
  sessionId: 100,
  ttyNumber: 1,
  comm: 'node',
  sessionMarkers: {},
}

const LYING: readonly [string, string, DiscoveryTask, (home: FixtureHome) => void][] = [
  [
    'an agent',
    'codex',
    'installed',
    (home) =>
      home.write('.npm-global/lib/node_modules/@openai/codex/package.json', {
        name: '@openai/codex',
        version: '1.2.3',
      }),
  ],
  ['a model runtime', 'ollama', 'runtimes', (home) => home.write('.ollama/models/manifests/a/b/c/latest', {})],
  [
    'an extension of a browser',
    'sider',
    'chromium',
    (home) =>
      writeChromiumProfile(home, '.config/google-chrome/Default', [
        { id: 'difoiogjjojoaoomphldepapgpbgkhkb', version: '5.1.0_0', manifest: { name: 'Sider', version: '5.1.0' } },
      ]),
  ],
  [
    'an extension of an editor',
    'cline-cli',
    'editors',
    (home) => {
      home.write('.vscode/extensions/extensions.json', [
        { identifier: { id: 'saoudrizwan.claude-dev' }, version: '3.0.0', relativeLocation: 'cline-3.0.0' },
      ])
      home.write('.vscode/extensions/cline-3.0.0/package.json', { name: 'claude-dev', version: '3.0.0' })
    },
  ],
]

test.each(LYING)('reports %s with its end of life and what replaces it', async (_, id, task, make) => {
  using home = fixtureHome()
  make(home)
  const seen = async (catalogue: Catalogue) => {
    const { sightings } = await scanHome(home, task, { catalogue })
    return sightings.find(({ catalogueId }) => catalogueId === id)
  }
  const [before, after] = [await seen(builtInCatalogue()), await seen(ended(id))]
  expect([before?.catalogueId, after?.catalogueId]).toEqual([id, id])
  expect([endOf(before), endOf(after)]).toEqual([NOTHING, END])
})

test('a running agent likewise', () => {
  const seen = (catalogue: Catalogue) => findAgents([RUNNING], { index: indexAgents(catalogue) })[0]
  expect([endOf(seen(builtInCatalogue())), endOf(seen(ended('codex')))]).toEqual([NOTHING, END])
})

test('reports the end of life of an extension that left the store years ago', async () => {
  using home = fixtureHome()
  writeChromiumProfile(home, '.config/google-chrome/Default', [
    { id: 'ddmjhdbknfidiopmbaceghhhbgbpenmm', version: '1.0_0', manifest: { name: 'MultiOn', version: '1.0' } },
  ])
  const { sightings } = await scanHome(home, 'chromium')
  expect(sightings).toMatchObject([{ catalogueId: 'multion', endOfLife: '2025-09-15' }])
})
