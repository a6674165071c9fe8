import fc from 'fast-check'
import { utf8 } from '../../../src/base/bytes.ts'
import { checkedFindings, checkedSightings } from '../../../src/daemon/evidence/claims.ts'
import { pack, sourcesFit } from '../../../src/daemon/evidence/pack.ts'
import { SightingsLedger, type Telling } from '../../../src/daemon/evidence/sightings-ledger.ts'
import type { Finding } from '../../../src/protocol/finding.ts'
import type { Sighting, SourceReport } from '../../../src/protocol/sighting.ts'
import { sampleAgent } from '../../support/running-daemon.ts'
import { mcpServerSighting } from '../../support/sample-sightings.ts'
import { ada, idOf, installed, READ, running, source } from './sightings-to-report.ts'

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
    const bob = { id: '1001', name: 'bob' }
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
    const fits = (sources: readonly SourceReport[]) => sourcesFit({ items: [], sources })
    expect([fits(many), fits(many.slice(1))]).toEqual([false, true])
  })

  test('nor are sources in a delta, where what they show needs more than one batch', () => {
    const items = Array.from({ length: 2_001 }, (_, i) => running(i))
    const fits = (some: readonly Sighting[]) => sourcesFit({ items: some, sources: [source('a')] })
    expect([fits(items), fits(items.slice(1, 100)), sourcesFit({ items })]).toEqual([false, true, true])
  })
})

describe('what does not fits the protocol', () => {
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

  test('an agent with more parts than evidence has room for is told with fewer of them, and the rest is counted', () => {
    const parts = Array.from({ length: 64 }, (_, i) => ({
      ...{ role: 'tool' as const, pid: i, startTicks: 1, parentPid: 1, because: 'child' },
      executable: `/${'\u0001'.repeat(4_000)}`,
    }))
    const big: Sighting = { ...sampleAgent, id: idOf(2), parts, morePartsCount: 5 }
    const { items, refused } = checkedSightings([running(1), big, running(3)])
    expect(refused).toEqual([])
    const told = items[1]
    if (told?.kind !== 'agent' || told.parts === undefined) throw new Error('the agent is not told')
    expect(told).toEqual({ ...big, parts: parts.slice(0, told.parts.length), morePartsCount: 69 - told.parts.length })
    expect(told.parts.length).toBe(5)
    expect(items).toEqual([running(1), told, running(3)])
  })

  test('what is too large though it has no parts to leave out is refused alone', () => {
    const big: Sighting = { ...sampleAgent, id: idOf(2), moreFolders: Array(16).fill(`/${'ⵣ'.repeat(4_000)}`) }
    const { items, refused } = checkedSightings([running(1), big])
    expect(items).toEqual([running(1)])
    expect(refused).toEqual([expect.stringContaining('sighting')])
  })

  test('letters that take several bytes do not make a batch too large for a frame', () => {
    const items = Array.from(
      { length: 60 },
      (_, i): Sighting => ({ ...sampleAgent, id: idOf(i), workspace: `/${'ⵣ'.repeat(4_000)}` }),
    )
    for (const batch of pack({ receipts: [], snapshot: 's', sightings: { mode: 'full', items, sources: [] } })) {
      expect(utf8(JSON.stringify(batch)).length).toBeLessThanOrEqual(330_000)
    }
  })
})
