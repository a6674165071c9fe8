import { SuretyError } from '../../../src/base/errors.ts'
import { SightingsLedger, type SightingsReport } from '../../../src/daemon/evidence/sightings-ledger.ts'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { createDiscovery } from '../../../src/discovery/discovery.ts'
import { TASK_SOURCES } from '../../../src/discovery/files/scan-tasks.ts'
import { coverageOf } from '../../../src/protocol/scan-coverage.ts'
import type { AgentFileSighting, Sighting, SourceReport } from '../../../src/protocol/sighting.ts'
import { sampleAgent } from '../../support/daemon/running-daemon.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { ada, idOf, installed, READ, running, source } from './sightings-to-report.ts'

const extension = (number: number, host: 'chromium' | 'firefox'): Sighting => ({
  kind: 'extension',
  id: idOf(number),
  name: 'Sider',
  evidence: [],
  user: ada,
  host,
  product: host,
  profile: 'Default',
  extensionId: 'difoiogjjojoaoomphldepapgpbgkhkb',
  enabled: true,
  installSource: 'store',
  permissions: [],
  hostPermissions: [],
  broadHosts: false,
  ai: true,
})
const skill = (scope: AgentFileSighting['scope']): Sighting => ({
  kind: 'agent-file',
  id: idOf(5),
  name: 'pdf',
  evidence: [],
  user: ada,
  fileKind: 'skill',
  scope,
  client: 'claude-code',
  path: '/home/ada/.claude/skills/pdf/SKILL.md',
  owner: '1000',
  sizeBytes: 1,
  invisibleUnicode: false,
  writableByOthers: false,
})

describe('a failed read removes nothing', () => {
  const own = (name: string, change: Partial<SourceReport> = {}): SourceReport => ({
    ...source(name),
    user: ada,
    ...change,
  })
  const failed = { state: 'unreadable', reason: 'no permission' } as const
  const at = (path: string): Sighting => ({ ...sampleAgent, id: idOf(2), state: 'installed', path })
  const users = source('users')
  const { user: _, ...forAll } = { ...sampleAgent, state: 'installed' as const, path: '/opt/x' }
  test.each<[string, Sighting, readonly SourceReport[], 'gone' | 'kept']>([
    ['a running agent', running(1), [source('processes'), users], 'gone'],
    ['a running agent, when the scan failed', running(1), [{ ...source('processes'), ...failed }, users], 'kept'],
    ['a running agent, without a scan', running(1), [users], 'kept'],
    ['a running agent, when its home failed', running(1), [source('processes'), own('processes', failed)], 'gone'],
    ['an installed one', installed(2), [own('installed-agents'), users], 'gone'],
    ['an installed one, when its home failed', installed(2), [own('installed-agents', failed), users], 'kept'],
    [
      'an installed one, when the reader was killed',
      installed(2),
      [own('installed-agents', { state: 'timed-out' })],
      'kept',
    ],
    [
      'an installed one, when its home is not there',
      installed(2),
      [own('installed-agents', { state: 'absent' })],
      'gone',
    ],
    [
      "an installed one, when another's home failed",
      installed(2),
      [own('installed-agents'), own('installed-agents', { ...failed, user: { id: '1001', name: 'bob' } })],
      'gone',
    ],
    [
      'an installed one, when extensions failed',
      installed(2),
      [own('installed-agents'), own('chromium-extensions', failed)],
      'gone',
    ],
    ['an installed one of a deleted user', installed(2), [source('installed-agents'), users], 'gone'],
    [
      'an installed one, when the users failed',
      installed(2),
      [source('installed-agents'), { ...users, ...failed }],
      'kept',
    ],
    ['an installed one for all', forAll, [source('installed-agents')], 'gone'],
    [
      'an installed one in a folder that failed',
      at('/home/ada/.npm/lib/claude'),
      [own('installed-agents'), own('installed-agents', { ...failed, path: '/home/ada/.npm/lib' })],
      'kept',
    ],
    [
      'an installed one whose own file failed',
      at('/home/ada/lib/claude'),
      [own('installed-agents'), own('installed-agents', { ...failed, path: '/home/ada/lib/claude/package.json' })],
      'kept',
    ],
    [
      'an installed one, when a folder elsewhere failed',
      at('/home/ada/.npm/lib/claude'),
      [own('installed-agents'), own('installed-agents', { ...failed, path: '/home/ada/.venvs/x' })],
      'gone',
    ],
    [
      'an installed one, when too much was there',
      at('/home/ada/.npm/lib/claude'),
      [own('installed-agents'), own('installed-agents', { state: 'too-large', path: '/home/ada/.venvs/x' })],
      'kept',
    ],
    ['an extension', extension(3, 'firefox'), [own('firefox-extensions'), own('chromium-extensions', failed)], 'gone'],
    [
      'an extension, when one file of its browser failed',
      extension(3, 'chromium'),
      [
        own('chromium-extensions'),
        own('chromium-extensions', { state: 'malformed', path: '/home/ada/.config/x/Preferences' }),
      ],
      'kept',
    ],
    [
      'a skill, when another folder of skills is a link',
      skill('user'),
      [own('agent-files'), own('agent-files', { ...failed, path: '/home/ada/.claude/skills/linked' })],
      'gone',
    ],
    [
      'a skill whose folder is a link now',
      skill('user'),
      [own('agent-files'), own('agent-files', { ...failed, path: '/home/ada/.claude/skills/pdf' })],
      'kept',
    ],
    [
      'a skill, when there were too many links',
      skill('user'),
      [own('agent-files'), own('agent-files', { state: 'too-large', path: '/home/ada/.codex/skills' })],
      'kept',
    ],
    [
      'a skill of a plugin, when the record of plugins failed',
      skill('plugin'),
      [own('agent-files'), own('agent-files', { ...failed, path: '/home/ada/.claude/plugins/installed.json' })],
      'kept',
    ],
  ])('%s', (_, sighting, sources, outcome) => {
    const ledger = new SightingsLedger()
    ledger.observe('all', { sightings: [sighting], sources: READ })
    ledger.markReported(ledger.nextReport() as SightingsReport) // there is something to report
    ledger.observe('all', { sightings: [], sources })
    const report = ledger.nextReport()
    const gone = report?.mode === 'delta' ? report.gone : []
    expect({ gone, sightings: ledger.current.sightings }).toEqual(
      outcome === 'gone' ? { gone: [sighting.id], sightings: [] } : { gone: [], sightings: [sighting] },
    )
  })

  test('keeps running agents when a process scan fails, and ends them with a later scan', () => {
    const ledger = new SightingsLedger()
    ledger.observe('all', { sightings: [running(1), installed(2)], sources: READ })
    ledger.markReported(ledger.nextReport() as SightingsReport) // there is something to report
    const unreadable = { ...source('processes'), ...failed }
    ledger.observe('processes', { sightings: [], sources: [unreadable] })
    expect(ledger.nextReport()).toEqual({ mode: 'delta', items: [], gone: [], sources: [unreadable, ...READ.slice(1)] })
    ledger.observe('processes', { sightings: [running(4)], sources: [source('processes')] })
    expect(ledger.nextReport()).toEqual({ mode: 'delta', items: [running(4)], gone: [idOf(1)] })
  })

  test('knows the source names that discovery uses', async () => {
    const succeeds = { running: true, home: true, users: true }
    const fail = () => {
      throw new SuretyError('FILE_UNREADABLE', 'no permission')
    }
    const absent = async () => {
      throw new SuretyError('FILE_ABSENT', 'nothing there')
    }
    const person = { ...ada, home: '/home/ada', shell: '/bin/bash', kind: 'human' as const }
    const task = (name: string) => own(name, succeeds.home ? {} : failed)
    // A new one for each case: users that it knows from before would still be read.
    const newDiscovery = () =>
      createDiscovery(
        {
          processes: {
            bootId: async () => 'boot',
            scan: async () => (succeeds.running ? [] : fail()),
            entry: () => undefined,
            environmentNames: async () => undefined,
            surroundings: () => undefined,
          },
          homes: { readHome: async () => ({ sightings: [], sources: Object.values(TASK_SOURCES).map(task) }) },
          systemFiles: { list: absent, read: absent, readText: absent, realPath: absent, stat: absent },
          users: { list: async () => (succeeds.users ? [person] : fail()) },
          clock: new FakeClock(),
        },
        { catalogue: builtInCatalogue(), userId: '0' },
      )
    const signal = new AbortController().signal
    const seen = [running(1), installed(2), extension(3, 'chromium'), extension(4, 'firefox')]
    const keptWhen = async (change: Partial<typeof succeeds>) => {
      Object.assign(succeeds, { running: true, home: true, users: true }, change)
      const { sources } = await newDiscovery().collect({ signal })
      const isCovered = coverageOf(sources)
      return seen.filter((sighting) => !isCovered(sighting)).map(({ id }) => Number.parseInt(id, 16))
    }
    expect([
      await keptWhen({}),
      await keptWhen({ running: false }),
      await keptWhen({ home: false }),
      await keptWhen({ users: false }),
    ]).toEqual([[], [1], [2, 3, 4], [2, 3, 4]])
  })
})
