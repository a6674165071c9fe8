import type { Clock } from '../../base/clock.ts'
import { codeOf, SuretyError } from '../../base/errors.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { describeOffset } from '../clock/clock-check.ts'
import type { Identity } from '../state/identity.ts'
import type { Connect, ConnectInit, Connection } from './connection.ts'
import { deadline } from './deadline.ts'
import { askDirectoryClock } from './directory-clock.ts'
import type { DirectoryKeysComponents } from './directory-keys.ts'
import { fetchPinnedCa } from './pinned-ca.ts'

export interface ReachComponents extends Pick<DirectoryKeysComponents, 'onTime'> {
  readonly clock: Pick<Clock, 'now'>
  readonly connect: Connect
}

/**
 * Connects with the certificate known from before; when the directory has made itself a new one with the pinned key, with
 * that.
 *
 * @throws as `reach`.
 */
export async function reachAgain(
  components: ReachComponents,
  { pins, caCertificate }: Identity,
  { signal }: { signal: AbortSignal },
): Promise<{ readonly connection: Connection; readonly caCertificate: string }> {
  const { url } = pins
  try {
    return { connection: await reach(components, { url, caCertificate }, { signal }), caCertificate }
  } catch (error) {
    if (!String(codeOf(error)).startsWith('CERTIFICATE_')) throw error
    const presented = await fetchPinnedCa(pins, { signal: deadline(signal, LIMITS.handshakeTimeoutMs) })
    if (presented === caCertificate) throw error
    return {
      connection: await reach(components, { url, caCertificate: presented }, { signal }),
      caCertificate: presented,
    }
  }
}

/**
 * Connects.
 *
 * @throws as `Connect`, and `CLOCK_OFF` instead of `CERTIFICATE_EXPIRED` when it is our clock that is wrong: no date is ever
 * forgiven.
 */
export async function reach(
  components: ReachComponents,
  init: ConnectInit,
  { signal }: { signal: AbortSignal },
): Promise<Connection> {
  try {
    return await components.connect(init, { signal })
  } catch (error) {
    if (codeOf(error) !== 'CERTIFICATE_EXPIRED') throw error
    const asked = await askDirectoryClock(init, { signal: deadline(signal, LIMITS.handshakeTimeoutMs) })
    if (asked === undefined || !asked.certificateHolds) throw error
    components.onTime?.(asked.time)
    const offBy = describeOffset(components.clock.now() - asked.time)
    throw new SuretyError('CLOCK_OFF', `the clock of this device is ${offBy} the directory's: set it`, { cause: error })
  }
}
