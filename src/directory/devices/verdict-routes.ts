import { toBase64Url, utf8 } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { closed } from '../../base/schema.ts'
import { sha256 } from '../../crypto/hash.ts'
import { DEVICE_ID } from '../../protocol/ids.ts'
import type { AttestationResult } from '../../protocol/messages/attestation-result.ts'
import {
  type DeviceVerdict,
  deviceReferenceSchema,
  deviceVerdictSchema,
  REFERENCE_KINDS,
  type SignedVerdict,
} from '../../protocol/nouns/devices/verdict.ts'
import { readResult } from '../appraisal/result.ts'
import { Reply, type Route, route } from '../http/route.ts'
import type { Policy } from '../policy/policy.ts'
import type { PolicySubject } from '../policy/policy-document.ts'
import { unknownDevice } from './device.ts'
import type { DeviceMatch, DeviceQueries, StoredDevice } from './device-store.ts'
import { presenceOf } from './presence.ts'

interface VerdictRoutesComponents {
  readonly store: {
    readonly devices: Pick<DeviceQueries, 'view' | 'matching'>
    readonly stopProgress: {
      onDevice(device: string, now: number): Promise<{ readonly standing: number; readonly answered: number }>
    }
  }
  readonly policies: { policyOf(device: PolicySubject): Pick<Policy, 'stopAnswers'> }
  readonly isConnected: (device: string) => boolean
  readonly clock: Pick<Clock, 'now'>
  readonly authority: { readonly signAcknowledgement: (kind: 'verdict', payload: object) => string }
}

const WHOLE_ID = new RegExp(DEVICE_ID)
/** Counted, never listed: a server that may only decide learns of no other device. */
const MAX_CANDIDATES = 100
const MAX_REASONS = 20
/** A retirement is seen by caches after this time, however long the verdict is valid. */
const MAX_AGE_MS = 60_000
const JOSE = 'application/jose'

/** Whether a device may enter, for servers. */
export function verdictRoutes(components: VerdictRoutesComponents): readonly Route[] {
  const { store, clock, authority } = components
  return [
    route({
      method: 'GET',
      path: '/devices/{id}/verdict',
      operationId: 'getVerdict',
      action: 'ask-verdict',
      summary:
        'Verdict of the device with this id, host name, serial number or owner, signed. Accept: application/jose',
      params: closed({ id: deviceReferenceSchema }),
      response: deviceVerdictSchema,
      async answer({ params: { id: reference }, headers: { accept, ifNoneMatch } }) {
        const match = only(await matchesOf(store.devices, reference), reference)
        const device = await store.devices.view(match.id)
        if (device === undefined) throw unknownDevice(match.id)
        const now = clock.now()
        const verdict = await verdictOf(components, { device, matched: match.matched, now })
        const asJose = accepts(accept, JOSE)
        const headers = {
          'cache-control': `private, max-age=${maxAgeSeconds(verdict, now)}, must-revalidate`,
          etag: etagOf(verdict, { asJose }),
          vary: 'accept, authorization',
        }
        if (isKnown(ifNoneMatch, headers.etag)) return new Reply({ status: 304, headers, body: undefined })
        const jws = authority.signAcknowledgement('verdict', verdict)
        if (asJose) return new Reply({ status: 200, headers: { ...headers, 'content-type': JOSE }, body: jws })
        const { type: _, ...members } = verdict
        return new Reply({ status: 200, headers, body: { ...members, jws } satisfies DeviceVerdict })
      },
    }),
  ]
}

async function matchesOf(
  devices: Pick<DeviceQueries, 'view' | 'matching'>,
  reference: string,
): Promise<readonly DeviceMatch[]> {
  // A device may call itself like the id of another one.
  if (WHOLE_ID.test(reference)) return [{ id: reference, matched: 'id' }]
  return devices.matching(reference, MAX_CANDIDATES + 1)
}

/** @throws `DEVICE_UNKNOWN` for none, `CONFLICT` for several. */
function only(matches: readonly DeviceMatch[], reference: string): DeviceMatch {
  const [match, ...others] = matches
  const shown = JSON.stringify(reference)
  if (match === undefined) {
    const message = `no active device has the id, host name, serial number or owner ${shown}`
    throw new SuretyError('DEVICE_UNKNOWN', message)
  }
  if (others.length === 0) return match
  const count = matches.length > MAX_CANDIDATES ? `more than ${MAX_CANDIDATES}` : `${matches.length}`
  const kinds = REFERENCE_KINDS.filter((kind) => matches.some(({ matched }) => matched === kind))
  throw new SuretyError('CONFLICT', `${count} devices match ${shown} by ${kinds.join(' and ')}: ask with the id of one`)
}

async function verdictOf(
  { store, policies, isConnected }: VerdictRoutesComponents,
  init: { readonly device: StoredDevice; readonly matched: DeviceMatch['matched']; readonly now: number },
): Promise<SignedVerdict> {
  const { device, matched, now } = init
  const result = device.result === undefined ? undefined : readResult(device.result, now)
  const verdict = result?.verdict ?? 'unknown'
  const { standing, answered } = await store.stopProgress.onDevice(device.id, now)
  const { label = { platform: '' } } = device
  const required = policies.policyOf({ ...device, label }).stopAnswers === 'required'
  return {
    type: 'verdict',
    ok: verdict === 'compliant' && device.status === 'active' && (!required || answered === standing),
    device: device.id,
    owner: device.owner,
    matched,
    verdict,
    reasons: reasonsOf(result),
    tier: device.tier,
    ...presenceOf(device, isConnected),
    stops: { standing, answered, required },
    issuedAt: now,
    validUntil: result?.validUntil ?? now,
  }
}

function reasonsOf(result: AttestationResult | undefined): SignedVerdict['reasons'] {
  if (result === undefined)
    return [{ check: 'attestation', state: 'unknown', reason: 'the device was not appraised yet' }]
  return result.reasons.filter(({ advisory }) => advisory !== true).slice(0, MAX_REASONS)
}

function maxAgeSeconds({ validUntil }: SignedVerdict, now: number): number {
  return Math.floor(Math.min(Math.max(0, validUntil - now), MAX_AGE_MS) / 1000)
}

/** Weak: a signature is made again for each answer. The time of issue does not count. */
function etagOf({ issuedAt: _, ...verdict }: SignedVerdict, { asJose }: { readonly asJose: boolean }): string {
  return `W/"${toBase64Url(sha256(utf8(JSON.stringify([asJose, verdict]))))}"`
}

function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  return (ifNoneMatch ?? '').split(',').some((one) => one.trim() === etag)
}

function accepts(accept: string | undefined, type: string): boolean {
  return (accept ?? '').split(',').some((one) => one.split(';')[0]?.trim().toLowerCase() === type)
}
