import fc from 'fast-check'
import { utf8 } from '../../../src/base/bytes.ts'
import { checkedFindings, checkedSightings } from '../../../src/daemon/evidence/batch-content.ts'
import { pack, sourcesFit } from '../../../src/daemon/evidence/pack.ts'
import { SightingsLedger, type SightingsReport } from '../../../src/daemon/evidence/sightings-ledger.ts'
import type { AgentClaim } from '../../../src/protocol/agent-claim.ts'
import type { Finding } from '../../../src/protocol/finding.ts'
import type { Sighting, SourceReport } from '../../../src/protocol/sighting.ts'
import { sampleAgent } from '../../support/daemon/running-daemon.ts'
import { claimEvidence } from '../../support/protocol/frame-samples.ts'
import { mcpServerSighting } from '../../support/protocol/sample-sightings.ts'
import { ada, idOf, installed, READ, running, source } from './sightings-to-report.ts'

describe('sightings', () => {
  test('reports running agents before the first full scan, and ends nothing', () => {
    const ledger = new SightingsLedger()
    ledger.observe('processes', { sightings: [running(1)], sources: [source('processes')] })
    expect(ledger.nextReport()).toEqual({ mode: 'delta', items: [running(1)], gone: [] })
  })

  test('reports the first full scan as a snapshot, and then only differences', () => {
    const ledger = new SightingsLedger()
    const sources = [source('processes'), source('installed-agents')]
    ledger.observe('all', { sightings: [running(1), installed(2)], sources })
    const full = ledger.nextReport()
    expect(full).toEqual({ mode: 'full', items: [running(1), installed(2)], sources })
    if (full !== undefined) ledger.markReported(full)
    expect(ledger.nextReport()).toBeUndefined()
    ledger.observe('processes', { sightings: [running(3)], sources: [source('processes', 99)] })
    const delta = ledger.nextReport()
    expect(delta).toEqual({ mode: 'delta', items: [running(3)], gone: [idOf(1)] })
    if (delta !== undefined) ledger.markReported(delta)
    expect(ledger.nextReport()).toBeUndefined()
  })

  test('reports a failed source together with all other sources', () => {
    const ledger = new SightingsLedger()
    ledger.observe('all', { sightings: [], sources: [source('processes'), source('users')] })
    ledger.markReported(ledger.nextReport() as SightingsReport) // there is something to report
    const failed: SourceReport = { ...source('processes'), state: 'unreadable', reason: 'no permission' }
    ledger.observe('processes', { sightings: [], sources: [failed] })
    expect(ledger.nextReport()).toEqual({ mode: 'delta', items: [], gone: [], sources: [failed, source('users')] })
  })

  test('replaces only what a partial scan covers, with its faults', () => {
    const ledger = new SightingsLedger()
    const malformed: SourceReport = { ...source('mcp-servers'), user: ada, path: '/x', state: 'malformed' }
    const whole = { ...source('mcp-servers'), user: ada }
    const server = (number: number, user = ada) => mcpServerSighting('0', { id: idOf(number), user })
    const bob = { id: '1001', name: 'bob' }
    const all = [running(1), installed(2), server(3), server(4, bob)]
    ledger.observe('all', { sightings: all, sources: [source('processes'), malformed, whole, source('users')] })
    ledger.markReported(ledger.nextReport() as SightingsReport) // there is something to report
    ledger.observe('part', { sightings: [server(5)], sources: [{ ...whole, items: 1 }] })
    const sources = [source('processes'), whole, source('users')]
    expect(ledger.nextReport()).toEqual({ mode: 'delta', items: [server(5)], gone: [idOf(3)], sources })
  })

  test('reports everything again for another chain', () => {
    const ledger = new SightingsLedger()
    ledger.observe('all', { sightings: [running(1)], sources: [] })
    ledger.markReported(ledger.nextReport() as SightingsReport) // there is something to report
    ledger.reset()
    expect(ledger.nextReport()).toEqual({ mode: 'full', items: [running(1)], sources: [] })
  })

  test('reports the stops that hold a running agent, and once more when it resumes', () => {
    const ledger = new SightingsLedger()
    const report = () => {
      const next = ledger.nextReport()
      if (next !== undefined) ledger.markReported(next)
      return next?.items
    }
    const frozenBy = [{ stop: 'local' as const, by: 'ada', reason: '' }]
    const held = (numbers: readonly number[]) => new Map(numbers.map((number) => [idOf(number), frozenBy]))
    ledger.observe('all', { sightings: [running(1), running(2), installed(3)], sources: [] })
    expect(report()).toHaveLength(3)
    // Neither an installed one nor one that is not there can be frozen.
    expect(ledger.markFrozen(held([1, 3, 4]))).toBe(true)
    expect(report()).toEqual([{ ...running(1), frozenBy }])
    expect(ledger.current.sightings).toEqual([{ ...running(1), frozenBy }, running(2), installed(3)])
    // A scan says nothing of stops.
    ledger.observe('processes', { sightings: [running(1), running(2)], sources: [] })
    expect([ledger.markFrozen(held([1, 3, 4])), report()]).toEqual([false, undefined])
    expect(ledger.markFrozen(new Map())).toBe(true)
    expect(report()).toEqual([running(1)])
  })

  test('describes what is there to a reader of all reports', () => {
    const scan = fc.record({
      scope: fc.constantFrom('all' as const, 'processes' as const),
      running: fc.uniqueArray(fc.nat(6)),
      installed: fc.uniqueArray(fc.nat(6)),
      names: fc.array(fc.constantFrom('a', 'b'), { minLength: 7, maxLength: 7 }),
      full: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(scan), (scans) => {
        const ledger = new SightingsLedger()
        let known = new Map<string, Sighting>()
        for (const { scope, full, names, ...numbers } of scans) {
          const now = numbers.running.map((number) => running(number, names[number]))
          const all = [...now, ...numbers.installed.map((number) => installed(number + 10))]
          ledger.observe(scope, { sightings: scope === 'all' ? all : now, sources: READ })
          if (full) ledger.requireFull()
          const report = ledger.nextReport()
          if (report === undefined) continue
          if (report.mode === 'full') known = new Map()
          else for (const id of report.gone) known.delete(id)
          for (const item of report.items) known.set(item.id, item)
          ledger.markReported(report)
        }
        const present = ledger.current.sightings
        // Nothing is ended before the first full scan.
        if (scans.some(({ scope }) => scope === 'all')) {
          expect(new Map(present.map((item) => [item.id, item]))).toEqual(known)
        } else for (const item of present) expect(known.get(item.id)).toEqual(item)
      }),
    )
  })
})

describe('batches', () => {
  const nothing = {
    receipts: [],
    stopEvents: [],
    agentClaims: [],
    approvalRequests: [],
    tamperSigns: [],
    logFaults: [],
    actions: [],
    actionsDropped: 0,
    sightings: undefined,
    snapshot: 's',
  }

  test('puts everything that fits into one batch', () => {
    const findings: Finding[] = [{ check: 'os.supported', state: 'pass', detail: 'Debian 13' }]
    const sightings: SightingsReport = { mode: 'full', items: [running(1)], sources: [source('processes')] }
    expect(pack({ ...nothing, findings, sightings })).toEqual([
      {
        findings,
        sightings: { mode: 'full', snapshot: 's', part: 0, parts: 1, items: [running(1)] },
        sources: [source('processes')],
      },
    ])
  })

  test('puts agent claims behind their sightings, as many as fit into a batch', () => {
    const claims = Array.from(
      { length: 70 },
      (_, at) => ({ ...claimEvidence.agentClaims?.[0], id: `clm_${at}` }) as AgentClaim,
    )
    const sightings: SightingsReport = { mode: 'full', items: [running(1)], sources: [source('processes')] }
    const batches = pack({ ...nothing, agentClaims: claims, sightings })
    expect(batches.map((batch) => Object.keys(batch))).toEqual([
      ['sightings', 'sources'],
      ['agentClaims'],
      ['agentClaims'],
    ])
    expect(batches.flatMap(({ agentClaims = [] }) => agentClaims)).toEqual(claims)
  })

  test('loses and repeats nothing, and keeps each batch within its bounds', () => {
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
          const sightings: SightingsReport = mode === 'full' ? { mode, items, sources } : { mode, items, gone }
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

  test('does not put sources that need several batches into a delta', () => {
    const many = Array.from({ length: 1_001 }, (_, i) => source(String(i)))
    const fits = (sources: readonly SourceReport[]) => sourcesFit({ items: [], sources })
    expect([fits(many), fits(many.slice(1))]).toEqual([false, true])
  })

  test('does not put sources into a delta whose items need several batches', () => {
    const items = Array.from({ length: 2_001 }, (_, i) => running(i))
    const fits = (some: readonly Sighting[]) => sourcesFit({ items: some, sources: [source('a')] })
    expect([fits(items), fits(items.slice(1, 100)), sourcesFit({ items })]).toEqual([false, true, true])
  })
})

describe('items that break the protocol', () => {
  test('reports an invalid finding as unknown instead of leaving it out', () => {
    const long = { check: 'os.supported', state: 'pass' as const, detail: 'x'.repeat(1_001) }
    expect(checkedFindings([long])).toEqual({
      items: [{ check: 'os.supported', state: 'unknown', reason: 'the finding does not fit the protocol' }],
      refused: [expect.stringContaining('/detail')],
    })
  })

  test('leaves out only the invalid sighting, and keeps its value out of the reason', () => {
    const bad = { ...running(2), name: 'secret '.repeat(100) }
    const { items, refused } = checkedSightings([running(1), bad, running(3)])
    expect(items).toEqual([running(1), running(3)])
    expect(refused.join()).not.toContain('secret')
  })

  test('cuts the parts of an agent that is too large, and counts the rest', () => {
    const parts = Array.from({ length: 64 }, (_, i) => ({
      role: 'tool' as const,
      pid: i,
      startTicks: 1,
      parentPid: 1,
      because: 'child',
      executable: `/${'\u0001'.repeat(4_000)}`,
    }))
    const big: Sighting = { ...sampleAgent, id: idOf(2), parts, morePartsCount: 5 }
    const { items, refused } = checkedSightings([running(1), big, running(3)])
    expect(refused).toEqual([])
    const reported = items[1]
    if (reported?.kind !== 'agent' || reported.parts === undefined) throw new Error('the agent is not reported')
    expect(reported).toEqual({
      ...big,
      parts: parts.slice(0, reported.parts.length),
      morePartsCount: 69 - reported.parts.length,
    })
    expect(reported.parts.length).toBe(5)
    expect(items).toEqual([running(1), reported, running(3)])
  })

  test('leaves out a sighting that is too large and has no parts to cut', () => {
    const big: Sighting = { ...sampleAgent, id: idOf(2), moreFolders: Array(16).fill(`/${'ⵣ'.repeat(4_000)}`) }
    const { items, refused } = checkedSightings([running(1), big])
    expect(items).toEqual([running(1)])
    expect(refused).toEqual([expect.stringContaining('sighting')])
  })

  test('counts bytes, not characters, so that a batch fits into a frame', () => {
    const items = Array.from(
      { length: 60 },
      (_, i): Sighting => ({ ...sampleAgent, id: idOf(i), workspace: `/${'ⵣ'.repeat(4_000)}` }),
    )
    for (const batch of pack({
      receipts: [],
      stopEvents: [],
      approvalRequests: [],
      tamperSigns: [],
      logFaults: [],
      actions: [],
      actionsDropped: 0,
      agentClaims: [],
      snapshot: 's',
      sightings: { mode: 'full', items, sources: [] },
    })) {
      expect(utf8(JSON.stringify(batch)).length).toBeLessThanOrEqual(330_000)
    }
  })
})
