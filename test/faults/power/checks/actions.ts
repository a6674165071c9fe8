import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { fromBase64Url, toBase64Url } from '../../../../src/base/bytes.ts'
import { systemClock } from '../../../../src/base/clock.ts'
import { codeOf } from '../../../../src/base/errors.ts'
import { silentLog } from '../../../../src/base/log.ts'
import { type Catalogues, catalogues } from '../../../../src/directory/catalogues/catalogues.ts'
import { results } from '../../../../src/directory/devices/results.ts'
import { type Enrolled, enrol } from '../../../../src/directory/enrolment/enrol.ts'
import { type Tokens, tokens } from '../../../../src/directory/enrolment/tokens.ts'
import { type Orders, orders } from '../../../../src/directory/orders/orders.ts'
import { DEFAULT_POLICY } from '../../../../src/directory/policy/policy.ts'
import { sqliteDatabase } from '../../../../src/directory/sql/sqlite.ts'
import { type DirectoryStore, directoryStore } from '../../../../src/directory/store/directory-store.ts'
import { openStore } from '../../../../src/directory/store/open-store.ts'
import { parseEnrolmentString } from '../../../../src/protocol/messages/enrolment-string.ts'
import { type Order, orderReader } from '../../../../src/protocol/messages/order.ts'
import type { Database } from '../../../../src/system/sqlite/sqlite.ts'
import { type Line, lastDone } from '../said.ts'

/** The rooms that let devices in and do what administrators ask for, over the real store. */
export interface Acting extends Disposable {
  readonly database: Database
  readonly store: DirectoryStore
  readonly tokens: Tokens
  readonly orders: Orders
  readonly catalogues: Catalogues
  enrol(token: string, key: string): Promise<Enrolled>
}

/** What was told of an enrolment; `device` once it was accepted. */
export interface ToldEnrolment {
  readonly token: string
  readonly key: string
  readonly device?: string
}

const random = (size: number) => new Uint8Array(randomBytes(size))
/** Verified what the enrolment was signed with, which is not tried here. */
const { publicKey: VERIFIER } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const PIN = toBase64Url(new Uint8Array(32))

export const newKey = () => toBase64Url(random(91))

/** @param deliver gets each order as soon as it can no longer be taken back. */
export async function openActing(folder: string, deliver: (order: Order) => void = () => undefined): Promise<Acting> {
  const database = openStore(join(folder, 'directory.sqlite'))
  const store = directoryStore(sqliteDatabase(database))
  const sign = (_: string, payload: object) => JSON.stringify(payload)
  const parts = { store, clock: systemClock, random, log: silentLog, sign }
  const appraised = results(parts, { policy: DEFAULT_POLICY, validForMs: 1_000 })
  return {
    database,
    store,
    tokens: tokens(parts, { url: () => 'wss://x', pins: { ca: PIN, root: PIN }, knowsMakers: false }),
    orders: orders({
      ...parts,
      deliver: (_, compact) => store.afterCommit(() => deliver(orderReader.readJson(compact))),
    }),
    catalogues: await catalogues(parts),
    async enrol(token, key) {
      const applicationKey = fromBase64Url(key) ?? new Uint8Array()
      const label = { hostname: 'one', platform: 'linux', arch: 'x64' } as const
      const appraisal = { tier: 'software', applicationKey, notes: [] } as const
      return enrol({ ...parts, results: appraised }, { pending: 'token' }, { appraisal, key: VERIFIER, label }, token)
    },
    [Symbol.dispose]: () => database.close(),
  }
}

/** A register that is new and closed: how one is made is cut elsewhere. */
export async function makeRegister(folder: string): Promise<Line[]> {
  ;(await openActing(folder))[Symbol.dispose]()
  return []
}

/** @returns what is wrong with the database of a directory whose power was cut while it did what it was asked for. */
export async function checkActions(folder: string, said: readonly Line[]): Promise<string[]> {
  using acting = await openActing(folder)
  const integrity = acting.database.prepare('PRAGMA integrity_check').get()?.integrity_check
  return [
    ...(integrity === 'ok' ? [] : [`half-written: ${String(integrity)}`]),
    ...(await tokenProblems(acting, said)),
    ...(await enrolmentProblems(acting, said)),
    ...(await orderProblems(acting, said)),
    ...catalogueProblems(acting, said),
  ]
}

async function tokenProblems({ tokens: held }: Acting, said: readonly Line[]): Promise<string[]> {
  const problems: string[] = []
  for (const { what, text } of said) {
    if (what !== 'token' || text === undefined) continue
    const { token: id, secret } = parseEnrolmentString(text)
    const code = await refusalOf(held.admit({ id, secret }))
    if (code !== undefined) problems.push(`lost: token ${id} (${code})`)
  }
  return problems
}

/** Device and used-up token come and go together. */
async function enrolmentProblems({ store, enrol: attempt }: Acting, said: readonly Line[]): Promise<string[]> {
  return (
    await Promise.all(
      said.map(async ({ what, text = '' }) => {
        if (what !== 'enrol') return []
        const { token, key, device }: ToldEnrolment = JSON.parse(text)
        const enrolled = await store.devices.withKey(key)
        if (device !== undefined && enrolled?.id !== device) return [`lost: enrolment of ${device}`]
        const used = (await store.tokens.get(token))?.used
        if (used !== (enrolled === undefined ? 0 : 1)) return [`half-written: ${token} used ${used} times`]
        if (enrolled === undefined) return []
        if ((await store.results.get(enrolled.id)) === undefined)
          return [`half-written: ${enrolled.id} without a result`]
        return (await refusalOf(attempt(token, newKey()))) === 'TOKEN_USED' ? [] : [`lost: that ${token} was used`]
      }),
    )
  ).flat()
}

/** All that were given out wait for their device, each under its own number, and the next gets another. */
async function orderProblems({ store, orders: room }: Acting, said: readonly Line[]): Promise<string[]> {
  const given = said.filter(({ what }) => what === 'order').map(({ text = '' }) => orderReader.readJson(text))
  const devices = new Set(given.map(({ device }) => device))
  return (
    await Promise.all(
      [...devices].map(async (device) => {
        if ((await store.devices.get(device)) === undefined) return [`lost: the device ${device} of an order`]
        const waiting = (await store.orders.pending(device, { epoch: 1, now: 0 })).map(({ compact }) => compact)
        const own = given.filter((order) => order.device === device)
        const wrong = own
          .filter((order) => !waiting.includes(JSON.stringify(order)))
          .map(({ id, number }) => `lost: order ${number} of ${device} (${id})`)
        const numbers = waiting.map((compact) => orderReader.readJson(compact).number)
        if (new Set(numbers).size < numbers.length) wrong.push(`half-written: numbers of orders of ${device}`)
        const { number } = await room.issue({ device, kind: 'collect', reason: 'after the cut' }, 'adm_one')
        const taken = [...numbers, ...own.map((order) => order.number)]
        return taken.some((each) => each >= number) ? [...wrong, `lost: number ${number} is given twice`] : wrong
      }),
    )
  ).flat()
}

function catalogueProblems({ catalogues: room }: Acting, said: readonly Line[]): string[] {
  const { done, possible } = lastDone(said, 'catalogue')
  const offer = room.offer()
  if (offer === undefined) {
    if (room.current() !== undefined) return ['half-written: a catalogue that is refused']
    return done === undefined ? [] : [`lost: catalogue ${done.number}`]
  }
  if (offer.version < (done?.number ?? 0)) return [`lost: catalogue ${done?.number}`]
  const whole = possible.some(({ text }) => text === room.compact(offer.hash))
  return whole ? [] : [`half-written: catalogue ${offer.version}`]
}

export async function refusalOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    return codeOf(error) ?? String(error)
  }
}
