import fc from 'fast-check'
import { SuretyError } from '../../src/base/errors.ts'
import { checkedFindings, checkedSightings } from '../../src/daemon/evidence/claims.ts'
import { pack, sourcesFit } from '../../src/daemon/evidence/pack.ts'
import { SightingsLedger, type Telling } from '../../src/daemon/evidence/sightings-ledger.ts'
import { builtInCatalogue } from '../../src/discovery/catalogue/built-in.ts'
import { createDiscovery } from '../../src/discovery/discovery.ts'
import { TASK_SOURCES } from '../../src/discovery/home-reader.ts'
import type { Finding } from '../../src/protocol/finding.ts'
import { wasLookedFor } from '../../src/protocol/looked-for.ts'
import type { AgentFileSighting, Sighting, SourceReport } from '../../src/protocol/sighting.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { sampleAgent } from '../support/running-daemon.ts'
import { mcpServerSighting } from '../support/sample-sightings.ts'

const idOf = (number: number) => number.toString(16).padStart(32, '0')
const running = (number: number, name = 'Claude Code'): Sighting => ({ ...sampleAgent, id: idOf(number), name })
const installed = (number: number): Sighting => ({ ...sampleAgent, id: idOf(number), state: 'installed' })
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
  ...{ kind: 'agent-file', id: idOf(5), name: 'pdf', evidence: [], user: ada, fileKind: 'skill', scope },
  ...{ client: 'claude-code', path: '/home/ada/.claude/skills/pdf/SKILL.md', ownerUid: 1000, sizeBytes: 1 },
  ...{ invisibleUnicode: false, writableByOthers: false },
})
const source = (name: string, durationMs = 1): SourceReport => ({ source: name, state: 'parsed', items: 1, durationMs })
const ada = { uid: 1000, name: 'ada' }
const READ = [
  source('processes'),
  source('users'),
  source('installed-agents'),
  { ...source('installed-agents'), user: ada },
]

describe('sightings', () => {
  test('what runs is told before everything was looked at, and ends nothing', () => {
    const ledger = new SightingsLedger()
    ledger.observe('processes', { sightings: [running(1)], sources: [source('processes')] })
    expect(ledger.next()).toEqual({ mode: 'delta', items: [running(1)], gone: [] })
  })

  test('the first whole look is a full snapshot, then only differences are told', () => {
    const ledger = new SightingsLedger()
    const sources = [source('processes'), source('installed-agents')]
    ledger.observe('all', { sightings: [running(1), installed(2)], sources })
    const full = ledger.next()
    expect(full).toEqual({ mode: 'full', items: [running(1), installed(2)], sources })
    if (full !== undefined) ledger.tell(full)
    expect(ledger.next()).toBeUndefined()
    ledger.observe('processes', { sightings: [running(3)], sources: [source('processes', 99)] })
    const delta = ledger.next()
    expect(delta).toEqual({ mode: 'delta', items: [running(3)], gone: [idOf(1)] })
    if (delta !== undefined) ledger.tell(delta)
    expect(ledger.next()).toBeUndefined()
  })

  test('a source that fails is told with all the others', () => {
    const ledger = new SightingsLedger()
    ledger.observe('all', { sightings: [], sources: [source('processes'), source('users')] })
    ledger.tell(ledger.next() as Telling) // there is something to tell
    const failed: SourceReport = { ...source('processes'), state: 'unreadable', reason: 'no permission' }
    ledger.observe('processes', { sightings: [], sources: [failed] })
    expect(ledger.next()).toEqual({ mode: 'delta', items: [], gone: [], sources: [failed, source('users')] })
  })

  test('a part of what was looked at again replaces what it tells of and nothing else, its faults too', () => {
    const ledger = new SightingsLedger()
    const broken: SourceReport = { ...source('mcp-servers'), user: ada, path: '/x', state: 'malformed' }
    const whole = { ...source('mcp-servers'), user: ada }
    const server = (number: number, user = ada) => mcpServerSighting('0', { id: idOf(number), user })
    const bob = { uid: 1001, name: 'bob' }
    const all = [running(1), installed(2), server(3), server(4, bob)]
    ledger.observe('all', { sightings: all, sources: [source('processes'), broken, whole, source('users')] })
    ledger.tell(ledger.next() as Telling) // there is something to tell
    ledger.observe('part', { sightings: [server(5)], sources: [{ ...whole, items: 1 }] })
    const sources = [source('processes'), whole, source('users')]
    expect(ledger.next()).toEqual({ mode: 'delta', items: [server(5)], gone: [idOf(3)], sources })
  })

  test('in another chain everything is told again', () => {
    const ledger = new SightingsLedger()
    ledger.observe('all', { sightings: [running(1)], sources: [] })
    ledger.tell(ledger.next() as Telling) // there is something to tell
    ledger.forget()
    expect(ledger.next()).toEqual({ mode: 'full', items: [running(1)], sources: [] })
  })

  test('whoever follows the tellings sees what is there', () => {
    const look = fc.record({
      scope: fc.constantFrom('all' as const, 'processes' as const),
      running: fc.uniqueArray(fc.nat(6)),
      installed: fc.uniqueArray(fc.nat(6)),
      names: fc.array(fc.constantFrom('a', 'b'), { minLength: 7, maxLength: 7 }),
      full: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(look), (looks) => {
        const ledger = new SightingsLedger()
        let seen = new Map<string, Sighting>()
        for (const { scope, full, names, ...numbers } of looks) {
          const now = numbers.running.map((number) => running(number, names[number]))
          const all = [...now, ...numbers.installed.map((number) => installed(number + 10))]
          ledger.observe(scope, { sightings: scope === 'all' ? all : now, sources: READ })
          if (full) ledger.askFull()
          const telling = ledger.next()
          if (telling === undefined) continue
          if (telling.mode === 'full') seen = new Map()
          else for (const id of telling.gone) seen.delete(id)
          for (const item of telling.items) seen.set(item.id, item)
          ledger.tell(telling)
        }
        const present = ledger.current.sightings
        // Before the first whole look nothing is ended.
        if (looks.some(({ scope }) => scope === 'all')) {
          expect(new Map(present.map((item) => [item.id, item]))).toEqual(seen)
        } else for (const item of present) expect(seen.get(item.id)).toEqual(item)
      }),
    )
  })
})

describe('what could not be looked for is not gone', () => {
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
    ['a running agent, when nobody scanned', running(1), [users], 'kept'],
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
      [own('installed-agents'), own('installed-agents', { ...failed, user: { uid: 1001, name: 'bob' } })],
      'gone',
    ],
    [
      'an installed one, when extensions failed',
      installed(2),
      [own('installed-agents'), own('chromium-extensions', failed)],
      'gone',
    ],
    ['an installed one of a user who is no more', installed(2), [source('installed-agents'), users], 'gone'],
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
    ledger.tell(ledger.next() as Telling) // there is something to tell
    ledger.observe('all', { sightings: [], sources })
    const telling = ledger.next()
    const gone = telling?.mode === 'delta' ? telling.gone : []
    expect({ gone, sightings: ledger.current.sightings }).toEqual(
      outcome === 'gone' ? { gone: [sighting.id], sightings: [] } : { gone: [], sightings: [sighting] },
    )
  })

  test('a scan of processes that fails keeps what runs, and a later one ends it', () => {
    const ledger = new SightingsLedger()
    ledger.observe('all', { sightings: [running(1), installed(2)], sources: READ })
    ledger.tell(ledger.next() as Telling) // there is something to tell
    const broken = { ...source('processes'), ...failed }
    ledger.observe('processes', { sightings: [], sources: [broken] })
    expect(ledger.next()).toEqual({ mode: 'delta', items: [], gone: [], sources: [broken, ...READ.slice(1)] })
    ledger.observe('processes', { sightings: [running(4)], sources: [source('processes')] })
    expect(ledger.next()).toEqual({ mode: 'delta', items: [running(4)], gone: [idOf(1)] })
  })

  test('the names of sources are those that discovery gives', async () => {
    const look = { running: true, home: true, users: true }
    const fail = () => {
      throw new SuretyError('FILE_UNREADABLE', 'no permission')
    }
    const absent = async () => {
      throw new SuretyError('FILE_ABSENT', 'nothing there')
    }
    const person = { ...ada, gid: 1000, home: '/home/ada', shell: '/bin/bash', kind: 'human' as const }
    const task = (name: string) => own(name, look.home ? {} : failed)
    // Each has looked at nothing before: people that were known would still be read.
    const begun = () =>
      createDiscovery(
        {
          processes: {
            bootId: async () => 'boot',
            scan: async () => (look.running ? [] : fail()),
            entry: () => undefined,
            environmentNames: async () => undefined,
            surroundings: () => undefined,
          },
          homes: { readHome: async () => ({ sightings: [], sources: Object.values(TASK_SOURCES).map(task) }) },
          systemFiles: { list: absent, read: absent, readText: absent, realPath: absent, stat: absent },
          users: { list: async () => (look.users ? [person] : fail()) },
          clock: new FakeClock(),
        },
        { catalogue: builtInCatalogue(), uid: 0 },
      )
    const signal = new AbortController().signal
    const seen = [running(1), installed(2), extension(3, 'chromium'), extension(4, 'firefox')]
    const keptWhen = async (change: Partial<typeof look>) => {
      Object.assign(look, { running: true, home: true, users: true }, change)
      const { sources } = await begun().collect({ signal })
      return seen.filter((sighting) => !wasLookedFor(sighting, sources)).map(({ id }) => Number.parseInt(id, 16))
    }
    expect([
      await keptWhen({}),
      await keptWhen({ running: false }),
      await keptWhen({ home: false }),
      await keptWhen({ users: false }),
    ]).toEqual([[], [1], [2, 3, 4], [2, 3, 4]])
  })
})

describe('batches', () => {
  const nothing = { receipts: [], sightings: undefined, snapshot: 's' }

  test('what fits goes together', () => {
    const findings: Finding[] = [{ check: 'os.supported', state: 'pass', detail: 'Debian 13' }]
    const sightings: Telling = { mode: 'full', items: [running(1)], sources: [source('processes')] }
    expect(pack({ ...nothing, findings, sightings })).toEqual([
      {
        findings,
        sightings: { mode: 'full', snapshot: 's', part: 0, parts: 1, items: [running(1)] },
        sources: [source('processes')],
      },
    ])
  })

  test('nothing is lost or doubled however much there is, and every batch stays within its bound', () => {
    const big = (number: number): Sighting => ({
      ...running(number),
      evidence: [`executable ${'x'.repeat(number % 400)}`],
    })
    fc.assert(
      fc.property(
        fc.nat(3_000),
        fc.nat(2_500),
        fc.nat(200),
        fc.constantFrom('full' as const, 'delta' as const),
        (itemCount, otherCount, receiptCount, mode) => {
          const items = Array.from({ length: itemCount }, (_, i) => big(i))
          const gone = Array.from({ length: otherCount }, (_, i) => idOf(i + 10_000))
          const sources = gone.map((id) => source(id))
          const receipts = Array.from({ length: receiptCount }, (_, i) => ({
            order: `ord_${'A'.repeat(22)}`,
            number: i,
            outcome: 'done' as const,
            time: 0,
          }))
          const sightings: Telling = mode === 'full' ? { mode, items, sources } : { mode, items, gone }
          const batches = pack({ ...nothing, receipts, sightings })
          expect(batches.flatMap((batch) => batch.sightings?.items ?? [])).toEqual(items)
          expect(batches.flatMap((batch) => batch.receipts ?? [])).toEqual(receipts)
          if (mode === 'full') {
            expect(batches.flatMap((batch) => batch.sources ?? [])).toEqual(sources)
            const parts = batches.flatMap((batch) => (batch.sightings?.mode === 'full' ? [batch.sightings] : []))
            expect(parts.map(({ part }) => part)).toEqual(parts.map((_, index) => index))
            expect(new Set(parts.map((part) => part.parts))).toEqual(new Set([parts.length]))
          } else {
            expect(batches.flatMap((batch) => (batch.sightings?.mode === 'delta' ? batch.sightings.gone : []))).toEqual(
              gone,
            )
          }
          for (const batch of batches) {
            expect(JSON.stringify(batch).length).toBeLessThanOrEqual(330_000)
            expect(batch.sightings?.items.length ?? 0).toBeLessThanOrEqual(2_000)
            expect(batch.sources?.length ?? 0).toBeLessThanOrEqual(1_000)
            expect(batch.receipts?.length ?? 0).toBeLessThanOrEqual(64)
          }
        },
      ),
      { numRuns: 25 },
    )
  })

  test('sources that need more than one batch are not told in a delta', () => {
    const many = Array.from({ length: 1_001 }, (_, i) => source(String(i)))
    expect([sourcesFit(many), sourcesFit(many.slice(1))]).toEqual([false, true])
  })
})

describe('what does not fit the protocol', () => {
  test('a finding becomes unknown, never absent', () => {
    const long = { check: 'os.supported', state: 'pass' as const, detail: 'x'.repeat(1_001) }
    expect(checkedFindings([long])).toEqual({
      items: [{ check: 'os.supported', state: 'unknown', reason: 'the finding does not fit the protocol' }],
      refused: [expect.stringContaining('/detail')],
    })
  })

  test('a sighting is left out alone, and its value is not in the reason', () => {
    const bad = { ...running(2), name: 'secret '.repeat(100) }
    const { items, refused } = checkedSightings([running(1), bad, running(3)])
    expect(items).toEqual([running(1), running(3)])
    expect(refused.join()).not.toContain('secret')
  })
})
