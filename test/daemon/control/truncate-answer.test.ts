import { truncateAnswer } from '../../../src/daemon/control/truncate-answer.ts'
import type { ControlResponse, SightingsAnswer, Status } from '../../../src/protocol/messages/control.ts'
import { controlResponseReader } from '../../../src/protocol/messages/control.ts'
import type { Sighting, SourceReport } from '../../../src/protocol/sighting.ts'
import { sampleStatus } from '../../support/daemon/sample-status.ts'
import { extensionSighting, mcpServerSighting } from '../../support/protocol/sample-sightings.ts'

/** A user of the device must not be able to hide anything from root by adding things that are found. */

const MAX_BYTES = 100_000

const idOf = (number: number) => number.toString(16).padStart(32, '0')
const extension = (number: number, size: number, ai = false): Sighting => ({
  ...extensionSighting('6', { ai, permissions: ['p'.repeat(size)] }),
  id: idOf(number),
})
const many = (count: number, make: (number: number) => Sighting) =>
  Array.from({ length: count }, (_, i) => make(i + 10))

function truncatedStatus(changes: Partial<Status>): Status {
  const response = truncateAnswer({ status: sampleStatus(changes) }, MAX_BYTES)
  if (!('status' in response)) throw new Error('no status')
  return read(response).status
}

function truncatedSightings(items: Sighting[]): SightingsAnswer {
  const answer = { items, mark: 'm', limitedToCaller: false, time: 1 }
  const response = truncateAnswer({ sightings: answer }, MAX_BYTES)
  if (!('sightings' in response)) throw new Error('no sightings')
  return read(response).sightings
}

function read<T extends ControlResponse>(response: T): T {
  const line = JSON.stringify(response)
  expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX_BYTES)
  return controlResponseReader.readJson(line) as T // the cast holds: it is the same answer, parsed
}

test('cuts files, MCP servers and extensions from a status, and no verdict or check', () => {
  const { sightings, ...rest } = sampleStatus()
  const [agent, ai] = sightings
  const flood = [
    ...many(400, (number) => extension(number, 256)),
    ...many(400, (number) => mcpServerSighting('f', { id: idOf(number + 1_000) })),
  ]
  const { sightings: kept, leftOut, ...same } = truncatedStatus({ sightings: [...flood, ...sightings] })
  expect(same).toEqual({ ...rest })
  expect(kept.slice(-2)).toEqual([agent, ai])
  expect(kept.length).toBeGreaterThan(50)
  expect(leftOut).toEqual({ sightings: 802 - kept.length, sources: 0 })
})

test('keeps as many agents as fit, in their order', () => {
  const [agent] = sampleStatus().sightings
  if (agent?.kind !== 'agent') throw new Error('no agent')
  const agents = many(500, (number) => ({ ...agent, id: idOf(number), workspace: `/${'w'.repeat(number * 8)}` }))
  const { sightings, leftOut } = truncatedStatus({ sightings: agents })
  expect(sightings).toEqual(agents.slice(0, sightings.length))
  expect([sightings.length > 50, leftOut?.sightings]).toEqual([true, 500 - sightings.length])
})

test('keeps failed sources first, and does not let sources displace sightings', () => {
  const source = (state: SourceReport['state'], number: number): SourceReport => ({
    source: 'mcp-servers',
    state,
    items: 0,
    durationMs: 1,
    path: `/home/mallory/${'x'.repeat(500)}${number}`,
  })
  const parsed = Array.from({ length: 500 }, (_, i) => source('parsed', i))
  const { sources, sightings, leftOut } = truncatedStatus({ sources: [...parsed, source('malformed', 1)] })
  expect(sources.at(-1)).toEqual(source('malformed', 1))
  expect(sightings).toEqual(sampleStatus().sightings)
  expect(leftOut).toEqual({ sightings: 0, sources: 501 - sources.length })
})

test('keeps as many requested sightings as fit, and counts the rest', () => {
  const big = many(30, (number) => extension(number, 250, true)).map((item, at) =>
    at < 15
      ? { ...item, name: 'n'.repeat(250), enabledIn: Array.from({ length: 16 }, () => `/${'f'.repeat(1_000)}`) }
      : item,
  )
  const { items, leftOut } = truncatedSightings(big)
  expect(items.filter((item) => big.indexOf(item) < 0 && !big.some(({ id }) => id === item.id))).toEqual([])
  expect(items.slice(-15)).toEqual(big.slice(15))
  expect([items.length > 15, leftOut]).toEqual([true, 30 - items.length])
})

test('returns other answers unchanged', () => {
  const config: ControlResponse = { config: [{ key: 'a', value: 'b'.repeat(4_000), origin: 'file' }] }
  expect(truncateAnswer(config, 10)).toBe(config)
})
