import { sign } from 'node:crypto'
import type { JwsKind } from '../../src/protocol/messages/jws-types.ts'
import { type RunningDirectory, runningDirectory } from '../support/directory/running-directory.ts'
import { nextAck, type ScriptedDevice, type Wire, ZEROS } from '../support/directory/scripted-device.ts'
import { type RawJws, signRaw } from '../support/protocol/raw-jws.ts'

/** A directory with one honest device at work, and liars at its door; it tells what they left behind. */

/** How far a liar behaved before it lies with its next frame. */
export type Phase = 'hello' | 'enrol' | 'attest' | 'renew' | 'attest again' | 'evidence'

/** A liar about to speak, and what an honest device would say there. */
export interface Scene {
  readonly device: ScriptedDevice
  readonly wire: Wire
  /** Canonical JSON: the whole frame of `hello` and `renew`, else the payload. */
  readonly honest: string
  /** Which JWS that goes into, if it goes into one. */
  readonly kind: JwsKind | undefined
}

/** Every table that a device could write to; what a refusal may add to is events, and words about the liar itself. */
const TABLES = [
  ...['devices', 'device_keys', 're_enrolments', 'evidence', 'findings', 'sightings', 'snapshot_parts', 'sources'],
  ...['inventory', 'health', 'unfinished_batches', 'unprocessed', 'orders', 'receipts', 'principals'],
] as const

export interface SaidOfLiar {
  readonly events: readonly unknown[]
  readonly failures: readonly unknown[]
  /** Why its verdict is not good, as far as that follows from what it said last. */
  readonly reasons: readonly unknown[]
}

/** As what a liar signed its lie, if it signed it. */
export type SignedAs = 'evidence' | 'attestation' | undefined

/** Codes of evidence that was read, and has no place in its chain: of these the verdict knows by the chain. */
const MISPLACED = ['EVIDENCE_OUT_OF_ORDER', 'EVIDENCE_GAP_UNPROVEN']

/** As what an enrolled device signs the frame of that phase. */
export function signedIn(phase: string): SignedAs {
  if (phase === 'evidence') return 'evidence'
  return phase.startsWith('attest') ? 'attestation' : undefined
}

const NOTHING_SAID: SaidOfLiar = { events: [], failures: [], reasons: [] }

/** What is to be said of a liar whose frame was refused with this code. */
export function saidFor(code: string, { signed }: { readonly signed: SignedAs }): SaidOfLiar {
  // What it signed may have been for another challenge.
  if (signed === undefined || (signed === 'attestation' && code === 'NONCE_UNKNOWN')) return NOTHING_SAID
  if (code === 'EVIDENCE_FORKED') {
    const reason = 'the evidence chain forked: two machines use one key, or one was rolled back'
    // A fork has an event of its own.
    return { ...NOTHING_SAID, reasons: [{ state: 'fail', reason }] }
  }
  const events = [{ kind: `${signed}-refused`, code }]
  if (signed === 'attestation') {
    const reasons = [{ state: 'fail', reason: `the newest attestation was refused: ${code}` }]
    return { events, failures: [], reasons }
  }
  if (MISPLACED.includes(code)) return { ...NOTHING_SAID, events }
  const reasons = [{ state: 'unknown', reason: `the newest evidence could not be appraised: ${code}` }]
  return { events, failures: [{ part: 'evidence', message: code }], reasons }
}

export interface BesiegedDirectory extends AsyncDisposable {
  readonly running: RunningDirectory
  stage(phase: Phase): Promise<Scene>
  /**
   * Rows that are not the honest device's, the place of every chain, the tokens that were used, unexpected events; not
   * what is said of the `liar`.
   */
  stored(liar?: ScriptedDevice): object
  /** That its evidence or attestation was refused: on the record, and with its verdict. */
  saidOf(liar: ScriptedDevice): SaidOfLiar
  /** The honest device says something more. @returns whether it was acknowledged. */
  honestGoesOn(): Promise<boolean>
}

const PERMITTED = "'enrolled','enrolment-refused','attested','forked','verdict-changed'"
const OF_LIARS = "'evidence-refused','attestation-refused'"

export async function besiegedDirectory(): Promise<BesiegedDirectory> {
  const running = await runningDirectory()
  const honest = running.device()
  const { wire } = await honest.enrol(await running.token())
  const count = (table: string, liar?: ScriptedDevice) => {
    const own = table === 'devices' ? 'id' : 'device'
    const ids = [honest.id, table === 'unprocessed' ? liar?.id : undefined].filter((id) => id !== undefined)
    const where = ['orders', 'principals'].includes(table) ? '' : `WHERE ${own} NOT IN ('${ids.join("','")}')`
    return Number(running.rows(`SELECT count(*) AS n FROM ${table} ${where}`)[0]?.n)
  }
  return {
    running,
    stage: (phase) => STAGES[phase](running),
    stored: (liar) => ({
      rows: Object.fromEntries(TABLES.map((table) => [table, count(table, liar)])),
      chains: running.rows(
        'SELECT id, epoch, status, application_key, sequence, head, evidence_bytes, last_order FROM devices WHERE id <> ?',
        honest.id ?? '',
      ),
      used: running.rows('SELECT id FROM tokens WHERE used > 0'),
      unexpected: running.rows(
        `SELECT kind, device FROM activity WHERE kind NOT IN (${PERMITTED})
         AND NOT (kind IN (${OF_LIARS}) AND device IS ?)`,
        liar?.id ?? '',
      ),
    }),
    saidOf: ({ id = '' }) => ({
      events: running.rows(
        `SELECT kind, detail_json ->> 'code' AS code FROM activity WHERE kind IN (${OF_LIARS}) AND device = ?`,
        id,
      ),
      failures: running.rows('SELECT part, message FROM unprocessed WHERE device = ?', id),
      reasons: running.rows(
        `SELECT reason.value ->> 'state' AS state, reason.value ->> 'reason' AS reason
         FROM results, json_each(results.json, '$.reasons') AS reason
         WHERE device = ? AND reason.value ->> 'check' = 'attestation'`,
        id,
      ),
    }),
    async honestGoesOn() {
      wire.send(await honest.batch())
      const { sequence, head } = await nextAck(wire)
      return sequence === honest.sequence && head === honest.head
    },
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  }
}

const RENEWAL = JSON.stringify({ type: 'renew', reason: 'timer', sequence: 0, head: ZEROS })

const STAGES: Readonly<Record<Phase, (running: RunningDirectory) => Promise<Scene>>> = {
  async hello(running) {
    const { device } = await enrolled(running)
    const wire = await device.dial()
    return { device, wire, kind: undefined, honest: device.hello() }
  },
  async enrol(running) {
    const device = running.device()
    const wire = await device.dial()
    wire.send(device.helloToken(await running.token()))
    const honest = device.attestation(await device.challenge(wire), wire, 'enrol')
    return { device, wire, kind: 'attestation', honest: JSON.stringify(honest) }
  },
  async attest(running) {
    const { device } = await enrolled(running)
    const wire = await device.dial()
    wire.send(device.hello())
    const honest = device.attestation(await device.challenge(wire), wire)
    return { device, wire, kind: 'attestation', honest: JSON.stringify(honest) }
  },
  async renew(running) {
    const { device, wire } = await connected(running)
    return { device, wire, kind: undefined, honest: RENEWAL }
  },
  async 'attest again'(running) {
    const { device, wire } = await connected(running)
    wire.send(RENEWAL)
    const honest = device.attestation(await device.challenge(wire), wire)
    return { device, wire, kind: 'attestation', honest: JSON.stringify(honest) }
  },
  async evidence(running) {
    const { device, wire } = await connected(running)
    const [, payload = ''] = (await device.clone().batch()).split('.')
    return { device, wire, kind: 'evidence', honest: Buffer.from(payload, 'base64url').toString() }
  },
}

async function connected(running: RunningDirectory): Promise<{ device: ScriptedDevice; wire: Wire }> {
  const device = running.device()
  const { wire } = await device.enrol(await running.token())
  await wire.nextOf('result')
  return { device, wire }
}

async function enrolled(running: RunningDirectory): Promise<{ device: ScriptedDevice }> {
  const { device, wire } = await connected(running)
  wire.close()
  await wire.closed
  return { device }
}

/** The frame that says `payload` at that place, correctly signed where it is signed. */
export function say({ device, kind }: Scene, payload: string | Uint8Array): Promise<string> {
  if (kind === undefined) return Promise.resolve(Buffer.from(payload).toString())
  return signAnything(device, kind, { payload })
}

/** Correctly signed by the device, whatever header and payload are. */
export function signAnything(device: ScriptedDevice, kind: JwsKind, raw: RawJws): Promise<string> {
  const key = { key: device.privateKey, dsaEncoding: 'ieee-p1363' as const }
  return signRaw(kind, raw, { sign: async (message) => new Uint8Array(sign('sha256', message, key)) })
}
