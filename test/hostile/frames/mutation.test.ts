import fc from 'fast-check'
import type { Wire } from '../../support/directory/scripted-device.ts'
import { TEST_SEED } from '../../support/jest/test-seed.ts'
import {
  type BesiegedDirectory,
  besiegedDirectory,
  type Phase,
  type SaidOfLiar,
  type Scene,
  type SignedAs,
  saidFor,
  say,
  signedIn,
} from '../besieged-directory.ts'
import { fieldMutations } from '../ceremony/field-mutations.ts'

/**
 * Every frame of a valid exchange with one field or one byte changed: none goes through that could change anything.
 * `TEST_SEED=NUMBER` gives the same changes, `MUTATIONS` says how many of fields in each phase; half as many are of bytes.
 */

const MUTATIONS = Number(process.env.MUTATIONS ?? 60)
process.stderr.write(`mutations of valid exchanges, seed ${TEST_SEED}\n`)

let besieged: BesiegedDirectory
beforeAll(async () => {
  besieged = await besiegedDirectory()
})
afterAll(() => besieged[Symbol.asyncDispose]())

const PHASES = ['token', 'hello', 'enrol', 'attest', 'renew', 'attest again', 'evidence'] as const

/**
 * What a device may say otherwise with its own key, and be believed or not cared about.
 * - A hello is not signed. What it says of the chain is for the log; the attestation says it again, bound. Its order
 *   number counts once the device is authenticated, and only upwards.
 * - Labels are for people. A token for a serial number is the exception, see `test/directory/enrolment/enrol.test.ts`.
 * - Why a renewal is asked for, and where the chain stood then, changes nothing: the attestation says it again.
 * - An attestation may repeat its label; only the one at enrolment is kept.
 * - Evidence is the device's own word, except for where it stands: device, epoch, place in the chain.
 */
const WITHOUT_EFFECT: Readonly<Record<(typeof PHASES)[number], RegExp>> = {
  token: /^(epoch|sequence|head|order|clock)$/,
  // A challenge says nothing of a device: the attestation that follows has to fit.
  hello: /^(device|epoch|sequence|head|order|clock)$/,
  enrol: /^label\.(hostname|platform|arch|machineId|serial)$/,
  attest: /^label$/,
  renew: /^(reason|sequence|head)$/,
  'attest again': /^label$/,
  evidence: /^(?!eat_profile$|sub$|epoch$|sequence$|previous$)./,
}

const ACCEPTED: Readonly<Record<(typeof PHASES)[number], string>> = {
  token: 'challenge',
  hello: 'challenge',
  enrol: 'welcome',
  attest: 'welcome',
  renew: 'challenge',
  'attest again': 'result',
  evidence: 'ack',
}

async function stage(phase: (typeof PHASES)[number]): Promise<Scene> {
  return phase === 'token' ? tokenScene() : besieged.stage(phase satisfies Phase)
}

async function tokenScene(): Promise<Scene> {
  const device = besieged.running.device()
  const wire = await device.dial()
  return { device, wire, kind: undefined, honest: device.helloToken(await besieged.running.token()) }
}

async function outcomeOf(wire: Wire, accepted: string): Promise<string> {
  for (;;) {
    const { kind, payload, text } = await wire.next()
    // In the stream a refused attestation has a result too: the refusal comes after it.
    const isOfRefusal = JSON.stringify(payload).includes('the newest attestation was refused')
    if (kind === accepted && !isOfRefusal) return 'accepted'
    if (kind === 'refusal') return String(payload.code)
    if (kind === 'other') return text
  }
}

interface Tried {
  readonly outcome: string
  readonly left: 'nothing' | 'something'
  readonly said: SaidOfLiar
}

async function attempt(scene: Scene, phase: (typeof PHASES)[number], frame: string): Promise<Tried> {
  const before = besieged.stored(scene.device)
  scene.wire.send(frame)
  const outcome = await outcomeOf(scene.wire, ACCEPTED[phase])
  scene.wire.close()
  await scene.wire.closed
  const after = besieged.stored(scene.device)
  const left = JSON.stringify(before) === JSON.stringify(after) ? 'nothing' : 'something'
  return { outcome, left, said: besieged.saidOf(scene.device) }
}

/** Nothing is left but, when it signed it, a word about the device itself, and a verdict that is not good. */
function expectRefused(tried: Tried, { signed }: { readonly signed: SignedAs }): void {
  const said = saidFor(tried.outcome, { signed })
  expect(tried).toEqual({ outcome: expect.stringMatching(/^[A-Z_]+$/), left: 'nothing', said })
}

function expectHarmless(phase: (typeof PHASES)[number], changed: readonly string[], tried: Tried): void {
  if (tried.outcome !== 'accepted') expectRefused(tried, { signed: signedIn(phase) })
  else expect({ accepted: changed.filter((path) => !WITHOUT_EFFECT[phase].test(path)) }).toEqual({ accepted: [] })
}

/** @param which of all changes, counted modulo their number. */
function mutate(honest: string, which: number): { path: string; text: string } {
  const all = fieldMutations(JSON.parse(honest))
  const one = all[which % all.length] ?? { path: '', document: undefined }
  return { path: one.path, text: JSON.stringify(one.document) }
}

/** Paths of the outermost values that differ, such as `label.hostname`. */
function differences(a: unknown, b: unknown, path = ''): readonly string[] {
  if (Object.is(a, b)) return []
  if (!isRecord(a) || !isRecord(b)) return JSON.stringify(a) === JSON.stringify(b) ? [] : [path]
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].flatMap((key) => differences(a[key], b[key], path === '' ? key : `${path}.${key}`))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const runs = (numRuns: number) => ({ seed: TEST_SEED, numRuns, endOnFailure: true })

describe.each(PHASES)('%s', (phase) => {
  test('as it should be is accepted', async () => {
    const scene = await stage(phase)
    expect((await attempt(scene, phase, await say(scene, scene.honest))).outcome).toBe('accepted')
  })

  test('with one field changed and signed, is refused, or makes no difference', async () => {
    const property = fc.asyncProperty(fc.nat(), async (which) => {
      const scene = await stage(phase)
      const { path, text } = mutate(scene.honest, which)
      expectHarmless(phase, [path], await attempt(scene, phase, await say(scene, text)))
    })
    await fc.assert(property, runs(MUTATIONS))
    expect(await besieged.honestGoesOn()).toBe(true)
  })

  test('with one byte changed on its way is refused, or it makes no difference', async () => {
    const property = fc.asyncProperty(fc.nat(100_000), fc.integer({ min: 0x20, max: 0x7e }), async (at, code) => {
      const scene = await stage(phase)
      const frame = await say(scene, scene.honest)
      const place = at % frame.length
      const changed = frame.slice(0, place) + String.fromCharCode(code) + frame.slice(place + 1)
      const tried = await attempt(scene, phase, changed)
      if (changed === frame) return
      // What is signed has no byte without effect.
      if (scene.kind !== undefined || tried.outcome !== 'accepted') expectRefused(tried, { signed: undefined })
      else expectHarmless(phase, differences(JSON.parse(frame), JSON.parse(changed)), tried)
    })
    await fc.assert(property, runs(Math.ceil(MUTATIONS / 2)))
    expect(await besieged.honestGoesOn()).toBe(true)
  })
})

describe.each(['enrol', 'attest', 'attest again', 'evidence'] as const)('%s', (phase) => {
  test('with one field changed under the old signature is refused', async () => {
    const property = fc.asyncProperty(fc.nat(), async (which) => {
      const scene = await stage(phase)
      const { text } = mutate(scene.honest, which)
      const [header, , signature] = (await say(scene, scene.honest)).split('.')
      const frame = [header, Buffer.from(text).toString('base64url'), signature].join('.')
      expectRefused(await attempt(scene, phase, frame), { signed: undefined })
    })
    await fc.assert(property, runs(Math.ceil(MUTATIONS / 2)))
  })
})
