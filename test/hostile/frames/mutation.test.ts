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
import { differences, mutate, mutation } from './mutations.ts'

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

const PHASES = ['token', 'hello', 'enrol', 'attest', 'renew', 'evidence'] as const

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
  evidence: /^(?!eat_profile$|sub$|epoch$|sequence$|previous$)./,
}

const ACCEPTED: Readonly<Record<(typeof PHASES)[number], string>> = {
  token: 'challenge',
  hello: 'challenge',
  enrol: 'welcome',
  attest: 'welcome',
  renew: 'challenge',
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
    if (kind === accepted) return 'accepted'
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

const runs = (numRuns: number) => ({ seed: TEST_SEED, numRuns, endOnFailure: true })

describe.each(PHASES)('%s', (phase) => {
  test('as it should be is accepted', async () => {
    const scene = await stage(phase)
    expect((await attempt(scene, phase, await say(scene, scene.honest))).outcome).toBe('accepted')
  })

  test('with one field changed and signed, is refused, or makes no difference', async () => {
    const property = fc.asyncProperty(mutation(), async (one) => {
      const scene = await stage(phase)
      const text = JSON.stringify(mutate(JSON.parse(scene.honest), one)) ?? ''
      const tried = await attempt(scene, phase, await say(scene, text))
      expectHarmless(phase, text === '' ? ['all'] : differences(JSON.parse(scene.honest), JSON.parse(text)), tried)
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

describe.each(['enrol', 'attest', 'evidence'] as const)('%s', (phase) => {
  test('with one field changed under the old signature is refused', async () => {
    const property = fc.asyncProperty(mutation(), async (one) => {
      const scene = await stage(phase)
      const text = JSON.stringify(mutate(JSON.parse(scene.honest), one)) ?? ''
      const [header, , signature] = (await say(scene, scene.honest)).split('.')
      const frame = [header, Buffer.from(text).toString('base64url'), signature].join('.')
      const tried = await attempt(scene, phase, frame)
      if (text !== scene.honest) expectRefused(tried, { signed: undefined })
    })
    await fc.assert(property, runs(Math.ceil(MUTATIONS / 2)))
  })
})
