/**
 * Runs on Windows (under Wine) and prints what it saw: keys behind TPM Base Services, and what there is without a TPM. Its argument is a
 * `ProbeInit`.
 */
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toBase64Url, toHex } from '../../src/base/bytes.ts'
import { systemClock } from '../../src/base/clock.ts'
import { codeOf } from '../../src/base/errors.ts'
import { makeCredential } from '../../src/crypto/tpm/make-credential.ts'
import { nameOf } from '../../src/crypto/tpm/public-area.ts'
import { CNG_FUNCTIONS, type CngAddon } from '../../src/keys/cng/cng-keys.ts'
import { openKeys } from '../../src/keys/open-keys.ts'
import { loadPkcs11js, openToken } from '../../src/keys/pkcs11/pkcs11-module.ts'
import { openTpmKeys } from '../../src/keys/tpm/tpm-keys.ts'
import { openTbsTransport, TBS_FUNCTIONS, type TbsAddon } from '../../src/keys/tpm/transport/tbs-transport.ts'
import { loadAddon } from '../../src/system/native/native-addon.ts'
import { KEY_PROVIDER_CHECKS } from '../contracts/key-provider.checks.ts'

export interface ProbeInit {
  /** In this order, in one process: a start takes seconds under Wine. */
  readonly what: readonly ('choose' | 'contract' | 'ceremony' | 'commands' | 'sign' | 'pkcs11' | 'bench')[]
  /** In whose place pkcs11js is looked for. */
  readonly from?: string
  readonly binding?: string
  readonly pcrs?: readonly number[]
  /** Commands to send. */
  readonly count?: number
}

const addon = loadAddon<TbsAddon & CngAddon>([...TBS_FUNCTIONS, ...CNG_FUNCTIONS])
const GET_RANDOM = Uint8Array.of(0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 8)
const OPTIONS = { signal: new AbortController().signal }

const bytes = (text = '') => new Uint8Array(Buffer.from(text, 'base64url'))
const inFolder = async <T>(work: (stateFolder: string) => Promise<T>): Promise<T> => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'surety-keys-'))
  return await work(folder.path)
}
const openOnTbs = async (stateFolder: string) =>
  await openTpmKeys({ transport: await openTbsTransport(addon), clock: systemClock }, { stateFolder })

/** What `suretyd` would choose, and a signature of it. */
async function choose() {
  return await inFolder(async (stateFolder) => {
    const { provider, choices } = await openKeys({ clock: systemClock }, { stateFolder, want: 'auto', tpm: {} })
    await using _ = provider
    const key = await provider.getOrCreateKey('device')
    const wanted = async (want: 'tpm' | 'cng') =>
      await inFolder((folder) =>
        openKeys({ clock: systemClock }, { stateFolder: folder, want, tpm: {} }).then(
          async (opened) => {
            await opened.provider[Symbol.asyncDispose]()
            return 'opened'
          },
          (error) => codeOf(error),
        ),
      )
    return {
      name: provider.name,
      choices,
      signature: (await key.sign(new Uint8Array())).length,
      wanted: { tpm: await wanted('tpm'), cng: await wanted('cng') },
    }
  })
}

async function contract() {
  const outcomes: Record<string, string> = {}
  for (const { name, run } of KEY_PROVIDER_CHECKS) {
    outcomes[name] = await run({ open: openOnTbs }).then(
      () => 'kept',
      (error) => String(error?.stack ?? error),
    )
  }
  return outcomes
}

/** The claim and quote of a device, for Linux to verify, and a credential made and activated. */
async function ceremony({ binding = '', pcrs = [] }: ProbeInit) {
  return await inFolder(async (stateFolder) => {
    await using provider = await openOnTbs(stateFolder)
    const key = await provider.getOrCreateKey('device')
    const { attestor } = provider
    if (attestor === undefined) throw new TypeError('no attestor')
    const claim = await attestor.enrolmentClaim(bytes(binding))
    if (claim.keyKind !== 'tpm') throw new TypeError('not a TPM claim')
    const secret = new Uint8Array(32).fill(9)
    const credential = makeCredential({
      endorsementPublic: bytes(claim.endorsementPublic),
      name: nameOf(bytes(claim.attestationPublic)),
      secret,
    })
    const activated = await attestor.activateCredential(credential)
    const other = makeCredential({
      endorsementPublic: bytes(claim.endorsementPublic),
      name: nameOf(bytes(claim.applicationPublic)),
      secret,
    })
    return {
      claim,
      quote: await attestor.quote(bytes(binding), pcrs),
      signature: toBase64Url(await key.sign(bytes(binding))),
      activated: toHex(activated) === toHex(secret),
      boot: await attestor.measuredBoot?.(),
      refused: await attestor.activateCredential(other).catch(codeOf),
    }
  })
}

/** What becomes of each of so many commands. */
async function commands({ count = 0 }: ProbeInit) {
  await using transport = await openTbsTransport(addon, { responseTimeoutMs: 2_000 })
  const outcomes: string[] = []
  for (let sent = 0; sent < count; sent++) {
    outcomes.push(
      await transport.transmit(GET_RANDOM, OPTIONS).then(
        (response) => toHex(response.subarray(0, 10)),
        (error) => codeOf(error) ?? String(error),
      ),
    )
  }
  // A cancelled command takes its time to end, and others are refused until then.
  for (;;) {
    const last = await transport.transmit(GET_RANDOM, OPTIONS).catch(() => undefined)
    if (last !== undefined) return [...outcomes, toHex(last.subarray(0, 10))]
    await systemClock.sleep(20, OPTIONS)
  }
}

/** Whether a new device can sign, activate and quote. */
async function sign() {
  return await inFolder(async (stateFolder) => {
    try {
      await using provider = await openOnTbs(stateFolder)
      const key = await provider.getOrCreateKey('device')
      return (await key.sign(new Uint8Array())).length
    } catch (error) {
      return codeOf(error)
    }
  })
}

/** What becomes of files that are no library of a token. */
async function pkcs11({ from = '' }: ProbeInit) {
  const library = await loadPkcs11js({ from })
  const outcomes: Record<string, string> = {}
  for (const path of ['C:\\nowhere\\token.dll', 'C:\\windows\\system.ini', 'C:\\windows\\system32\\kernel32.dll']) {
    try {
      openToken(library, { library: path }, '0000', new Set()).close()
    } catch (error) {
      outcomes[path] = `${codeOf(error)}: ${error instanceof Error ? error.message : error}`
    }
  }
  return outcomes
}

/** Milliseconds a command and a signature. */
async function bench({ count = 1 }: ProbeInit) {
  const each = async (work: () => Promise<unknown>) => {
    const start = performance.now()
    for (let done = 0; done < count; done++) await work()
    return (performance.now() - start) / count
  }
  const commandMs = await (async () => {
    await using transport = await openTbsTransport(addon)
    return await each(() => transport.transmit(GET_RANDOM, OPTIONS))
  })()
  return await inFolder(async (stateFolder) => {
    await using provider = await openOnTbs(stateFolder)
    const key = await provider.getOrCreateKey('device')
    let message = 0
    await key.sign(Uint8Array.of(message))
    const signMs = await each(() => key.sign(Uint8Array.from(Buffer.from(String(++message)))))
    return { commandMs, signMs }
  })
}

const PARTS = { choose, contract, ceremony, commands, sign, pkcs11, bench }
const init: ProbeInit = JSON.parse(Buffer.from(process.argv[2] ?? '', 'base64url').toString())
const seen: Record<string, unknown> = {}
for (const part of init.what) {
  seen[part] = await PARTS[part](init).catch((error) => ({ failed: String(error?.stack ?? error) }))
}
process.stdout.write(JSON.stringify(seen))
