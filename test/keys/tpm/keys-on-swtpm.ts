import { mkdtemp, mkdtempDisposable, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Bytes, fromBase64Url } from '../../../src/base/bytes.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { SuretyError } from '../../../src/base/errors.ts'
import { verifyQuote } from '../../../src/crypto/tpm/quote.ts'
import type { Attestor, KeyProvider } from '../../../src/keys/provider/key-provider.ts'
import { listHandles } from '../../../src/keys/tpm/queries.ts'
import { tpmClient } from '../../../src/keys/tpm/tpm-client.ts'
import { openTpmKeys } from '../../../src/keys/tpm/tpm-keys.ts'
import { simulatorTransport } from '../../../src/keys/tpm/transport/simulator-transport.ts'
import { type Swtpm, startSwtpm } from '../../support/tpm/swtpm.ts'
import { type Interception, intercepted } from './transport/intercepted-transport.ts'

/** Keys on a TPM of swtpm. */

export const BINDING = new Uint8Array(32).fill(0x5a)
export const OPTIONS: { signal: AbortSignal } = { signal: new AbortController().signal }
export const MESSAGE = new TextEncoder().encode('evidence')

/** A TPM for the tests of a suite, and its keys. */
export function keysOnSwtpm() {
  let home: string
  let tpm: Swtpm
  beforeAll(async () => {
    home = await mkdtemp('/tmp/surety-tpm-')
    tpm = await startSwtpm({ folder: join(home, 'tpm') })
  })
  afterAll(async () => {
    await tpm.stop()
    await rm(home, { recursive: true })
  })

  const open = (stateFolder: string, interception: Interception = {}, simulator = tpm.simulator) =>
    openTpmKeys(
      { transport: intercepted(simulatorTransport(simulator), interception), clock: systemClock },
      { stateFolder },
    )
  const inFolder = async (work: (stateFolder: string) => Promise<void>) => {
    await using folder = await mkdtempDisposable('/tmp/surety-keys-')
    await work(folder.path)
  }
  /** The transient objects and sessions that are loaded in the TPM. */
  const loadedNow = async () => {
    await using transport = simulatorTransport(tpm.simulator)
    const client = tpmClient({ transport, clock: systemClock })
    const objects = await listHandles(client, 0x80000000, OPTIONS)
    return [...objects, ...(await listHandles(client, 0x02000000, OPTIONS))]
  }

  async function makeDevice(stateFolder: string, simulator?: string): Promise<void> {
    await using provider = await open(stateFolder, {}, simulator)
    await provider.getOrCreateKey('device')
  }

  async function quoteCounters(provider: KeyProvider) {
    const quote = await attestorOf(provider).quote(BINDING, [0])
    return verifyQuote({
      attested: bytesOf(quote.attested),
      signature: bytesOf(quote.signature),
      pcrs: quote.pcrs,
      attestationPublic: bytesOf((await tpmClaim(attestorOf(provider))).attestationPublic),
      binding: BINDING,
      requested: [0],
    })
  }

  return { open, inFolder, loadedNow, makeDevice, quoteCounters, simulator: () => tpm.simulator, home: () => home }
}

export type TpmClaim = Extract<Awaited<ReturnType<Attestor['enrolmentClaim']>>, { keyKind: 'tpm' }>

export async function tpmClaim(attestor: Attestor): Promise<TpmClaim> {
  const claim = await attestor.enrolmentClaim(BINDING)
  if (claim.keyKind !== 'tpm') throw new SuretyError('KEY_UNSUPPORTED', 'not a TPM claim')
  return claim
}

export function attestorOf(provider: KeyProvider): Attestor {
  if (provider.attestor === undefined) throw new TypeError('no attestor')
  return provider.attestor
}

export function bytesOf(text: string): Bytes {
  return fromBase64Url(text) ?? new Uint8Array()
}
