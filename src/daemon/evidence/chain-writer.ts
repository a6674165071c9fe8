import { toBase64Url } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { codeOf, SuretyError } from '../../base/errors.ts'
import { SerialTasks } from '../../base/serial-tasks.ts'
import { sha256 } from '../../crypto/hash.ts'
import { signJws } from '../../crypto/jws.ts'
import type { DeviceKey } from '../../keys/provider/key-provider.ts'
import { EVIDENCE_PROFILE, type Evidence, evidenceReader } from '../../protocol/messages/evidence.ts'
import type { Batch } from '../spool/chain.ts'
import type { Spool } from '../spool/spool.ts'
import type { Claims } from './batch-content.ts'

/** Signs claims as the next batch of the chain, and stores it durably. Calls run one after the other. */
export interface ChainWriter {
  /**
   * @throws `DEVICE_UNKNOWN` before the device is enrolled; `KEY_*`, `TPM_*`; `STORE_FAILED`.
   */
  write(claims: Claims, options: { signal: AbortSignal }): Promise<Batch>
}

export interface ChainWriterComponents {
  readonly clock: Clock
  readonly spool: Spool
  /** The enrolled device key. */
  readonly key: (options: { signal: AbortSignal }) => Promise<DeviceKey>
  readonly boot: { id(): Promise<string>; uptimeMs(): number }
}

export function createChainWriter(components: ChainWriterComponents): ChainWriter {
  const tasks = new SerialTasks()
  return { write: (claims, options) => tasks.run(() => append(components, claims, options)) }
}

async function append(
  components: ChainWriterComponents,
  claims: Claims,
  options: { signal: AbortSignal },
): Promise<Batch> {
  for (let attempt = 0; ; attempt++) {
    const batch = await sign(components, claims, options)
    try {
      await components.spool.append(batch)
      return batch
    } catch (error) {
      // An earlier commit that failed is in the file nevertheless, and the head is one batch further. Signs once more.
      if (codeOf(error) !== 'CONFLICT' || attempt > 0) throw error
    }
  }
}

async function sign(
  components: ChainWriterComponents,
  claims: Claims,
  options: { signal: AbortSignal },
): Promise<Batch> {
  const { clock, spool, boot } = components
  const key = await components.key(options)
  const { chain } = spool
  if (chain === undefined || chain.device === '') {
    throw new SuretyError('DEVICE_UNKNOWN', 'this device is not enrolled and has no chain')
  }
  const { device, epoch, head } = chain
  const payload: Evidence = {
    eat_profile: EVIDENCE_PROFILE,
    sub: device,
    iat: Math.max(0, Math.floor(clock.now() / 1000)),
    epoch,
    sequence: head.sequence + 1,
    previous: head.hash,
    bootId: await boot.id(),
    uptimeMs: Math.max(0, Math.floor(boot.uptimeMs())),
    ...claims,
  }
  // Finds a mistake of this program here. The directory would refuse such a batch for ever.
  evidenceReader.readCanonicalJson(JSON.stringify(payload))
  const jws = await signJws('evidence', payload, (message) => key.sign(message, options))
  return {
    epoch,
    sequence: payload.sequence,
    previous: payload.previous,
    hash: toBase64Url(sha256(jws)),
    jws,
    ...(claims.gap === undefined ? {} : { gap: rangeOf(claims.gap) }),
    ...(claims.findings === undefined ? {} : { posture: toBase64Url(sha256(JSON.stringify(claims.findings))) }),
  }
}

function rangeOf({ firstSequence, lastSequence }: NonNullable<Claims['gap']>) {
  return { firstSequence, lastSequence }
}
