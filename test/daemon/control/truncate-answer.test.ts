import { fitted } from '../../../src/daemon/control/truncate-answer.ts'
import type { ControlResponse, SightingsAnswer, Status } from '../../../src/protocol/control.ts'
import { controlResponseReader } from '../../../src/protocol/control.ts'
import type { Sighting, SourceReport } from '../../../src/protocol/sighting.ts'
import { extensionSighting, mcpServerSighting } from '../../support/sample-sightings.ts'
import { sampleStatus } from '../../support/sample-status.ts'

/** What a user of a device puts there must not keep root from seeing the rest. */

const MAX_BYTES = 100_000

const idOf = (number: number) => number.toString(16).padStart(32, '0')
const extension = (number: number, size: number, ai = false): Sighting => ({
  ...extensionSighting('6', { ai, permissions: ['p'.repeat(size)] }),
  id: idOf(number),
})
const many = (count: number, make: (number: number) => Sighting) =>
  Array.from({ length: count }, (_, i) => make(i + 10))

function fittedStatus(changes: Partial<Status>): Status {
  const response = fitted({ status: sampleStatus(changes) }, MAX_BYTES)
  if (!('status' in response)) throw new Error('no status')
  return read(response).status
}

function fittedSightings(items: Sighting[]): SightingsAnswer {
  const answer = { items, mark: 'm', limitedToCaller: false, time: 1 }
  const response = fitted({ sightings: answer }, MAX_BYTES)
  if (!('sightings' in response)) throw new Error('no sightings')
  return read(response).sightings
}

function read<T extends ControlResponse>(response: T): T {
  const line = JSON.stringify(response)
  expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX_BYTES)
  return controlResponseReader.readJson(line) as T // the same, read again
}

test('of a status files, MCP servers and extensions that are not AI are left out first, and verdict, checks and health never', () => {
  const { sightings, ...rest } = sampleStatus()
  const [agent, ai] = sightings
  const flood = [
    ...many(400, (number) => extension(number, 256)),
    ...many(400, (number) => mcpServerSighting('f', { id: idOf(number + 1_000) })),
  ]
  const { sightings: kept, leftOut, ...same } = fittedStatus({ sightings: [...flood, ...sightings] })
  expect(same).toEqual({ ...rest })
  expect(kept.slice(-2)).toEqual([agent, ai])
  expect(kept.length).toBeGreaterThan(50)
  expect(leftOut).toEqual({ sightings: 802 - kept.length, sources: 0 })
})

test('where even agents are too many, as many as fit are told, in their order', () => {
  const [agent] = sampleStatus().sightings
  if (agent?.kind !== 'agent') throw new Error('no agent')
  const agents = many(500, (number) => ({ ...agent, id: idOf(number), workspace: `/${'w'.repeat(number * 8)}` }))
  const { sightings, leftOut } = fittedStatus({ sightings: agents })
  expect(sightings).toEqual(agents.slice(0, sightings.length))
  expect([sightings.length > 50, leftOut?.sightings]).toEqual([true, 500 - sightings.length])
})

test('sources do not crowd out sightings, and those that failed are told first', () => {
  const source = (state: SourceReport['state'], number: number): SourceReport => ({
    ...{ source: 'mcp-servers', state, items: 0, durationMs: 1 },
    path: `/home/mallory/${'x'.repeat(500)}${number}`,
  })
  const parsed = Array.from({ length: 500 }, (_, i) => source('parsed', i))
  const { sources, sightings, leftOut } = fittedStatus({ sources: [...parsed, source('malformed', 1)] })
  expect(sources.at(-1)).toEqual(source('malformed', 1))
  expect(sightings).toEqual(sampleStatus().sightings)
  expect(leftOut).toEqual({ sightings: 0, sources: 501 - sources.length })
})

test('of sightings asked for as many as fit are told, and how many are not', () => {
  const big = many(30, (number) => extension(number, 250, true)).map((item, at) =>
    at < 15
      ? { ...item, name: 'n'.repeat(250), enabledIn: Array.from({ length: 16 }, () => `/${'f'.repeat(1_000)}`) }
      : item,
  )
  const { items, leftOut } = fittedSightings(big)
  expect(items.filter((item) => big.indexOf(item) < 0 && !big.some(({ id }) => id === item.id))).toEqual([])
  expect(items.slice(-15)).toEqual(big.slice(15))
  expect([items.length > 15, leftOut]).toEqual([true, 30 - items.length])
})

test('what has nothing to leave out stays as it is', () => {
  const config: ControlResponse = { config: [{ key: 'a', value: 'b'.repeat(4_000), origin: 'file' }] }
  expect(fitted(config, 10)).toBe(config)
})
