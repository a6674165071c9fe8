import { requireRoom } from '../../../../src/daemon/enforcement/stops/stop-quotas.ts'
import {
  fitting,
  type HeldAgent,
  MAX_STOPS_BYTES,
  stopsReader,
} from '../../../../src/daemon/enforcement/stops/stops-file.ts'
import { sealJson } from '../../../../src/system/files/own/sealed-json.ts'
import { stopOf } from '../../../support/daemon/test-enforcement.ts'

const ofUser = (userId: string | undefined) => stopOf({ origin: 'local', ...(userId === undefined ? {} : { userId }) })
const many = (length: number, userId?: string) => Array.from({ length }, () => ofUser(userId))
const ordered = (length: number) => Array.from({ length }, () => stopOf())
/** Each has one. */
const users = (length: number) => Array.from({ length }, (_, at) => ofUser(`${100_000 + at}`))

test.each([
  ['a user, beside those of the directory', [...ordered(1_000), ...many(15, '1000')], ofUser('1000')],
  ['a user, beside those of another one and of root', [...many(16, '1001'), ...many(16)], ofUser('1000')],
  ['root, beside those of all users', users(128), ofUser(undefined)],
  ['the directory, beside those of users', [...ordered(999), ...users(1_000)], stopOf()],
])('there is room for one of %s', (_, others, stop) => {
  expect(() => requireRoom(others, stop)).not.toThrow()
})

test.each([
  ['the 17th of a user', many(16, '1000'), ofUser('1000'), 'surety release AGENT'],
  ['the 17th of root', many(16), ofUser(undefined), 'surety release AGENT'],
  ['the 129th of all users, whoever has made them', users(128), ofUser('1000'), 'surety release'],
  ['the 1,001st of the directory', ordered(1_000), stopOf(), 'stops of the directory'],
])('there is none for %s, and the refusal says what to release', (_, others, stop, text) => {
  const refused = expect.objectContaining({ code: 'QUOTA_EXCEEDED', message: expect.stringContaining(text) })
  expect(() => requireRoom(others, stop)).toThrow(refused)
})

describe('the file', () => {
  const held = (length: number, change: Partial<HeldAgent> = {}): HeldAgent[] =>
    Array.from({ length }, (_, at) => ({
      agent: at.toString(16).padStart(32, '0'),
      product: 'tester',
      name: 'Tester',
      user: 'ada',
      userId: '1000',
      programs: [],
      packages: [],
      stops: [],
      processes: [],
      ...change,
    }))
  const documentOf = (agents: readonly HeldAgent[]) => ({
    schema: 'surety/stops@1' as const,
    bootId: 'boot',
    stops: ordered(1_000),
    held: [...agents],
  })

  test('keeps all stops, and of very many held agents first those known only from here', () => {
    const signalled = held(2, { agent: 'f'.repeat(32), signalled: [] })
    const { stops, held: kept } = fitting(documentOf([...held(1_500), ...signalled]))
    expect([stops.length, kept.length, kept.slice(0, 2)]).toEqual([1_000, 1_000, signalled])
  })

  test('is never longer than what is read again', () => {
    const programs = Array.from({ length: 16 }, () => `/${'x'.repeat(4_000)}`)
    const document = fitting(documentOf(held(400, { programs })))
    expect(Buffer.byteLength(sealJson(stopsReader.read(document)))).toBeLessThanOrEqual(MAX_STOPS_BYTES)
    expect([document.stops.length, document.held.length]).toEqual([1_000, 200])
  })

  test('is written as it is where all of it fits', () => {
    const document = documentOf(held(3))
    expect(fitting(document)).toEqual(document)
  })
})
