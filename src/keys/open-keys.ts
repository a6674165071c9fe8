import { access, readdir } from 'node:fs/promises'
import type { Clock } from '../base/clock.ts'
import { codeOf, type ErrorCode, SuretyError } from '../base/errors.ts'
import type { KeyKind } from '../base/key-kinds.ts'
import { errnoOf } from '../system/files/file-errors.ts'
import { makeFolderDurably } from '../system/files/own/durable-folder.ts'
import { requirePrivateFolder } from '../system/files/own/private-folder.ts'
import { loadAddon } from '../system/native/native-addon.ts'
import { nativeProgram } from '../system/native/native-program.ts'
import { defaultPaths } from '../system/platform/this-platform.ts'
import type { CngAddon } from './cng/cng-keys.ts'
import { cngRecordPath } from './cng/cng-record.ts'
import { openPkcs11Keys, type Pkcs11Components, type Pkcs11Init, pkcs11RecordPath } from './pkcs11/pkcs11-keys.ts'
import type { KeyProvider } from './provider/key-provider.ts'
import type { EnclaveHelperInit } from './secure-enclave/enclave-helper.ts'
import { enclaveRecordPath } from './secure-enclave/enclave-record.ts'
import { keyFilePath } from './tpm/key-file.ts'
import { openTpmKeys } from './tpm/tpm-keys.ts'
import { openDeviceTransport } from './tpm/transport/device-transport.ts'
import { simulatorTransport } from './tpm/transport/simulator-transport.ts'
import type { TbsAddon } from './tpm/transport/tbs-transport.ts'
import type { TpmTransport } from './tpm/transport/tpm-transport.ts'

export interface OpenKeysComponents extends Pkcs11Components {
  readonly clock: Clock
  /** For tests; else the addon beside the program is loaded on first use. */
  readonly windows?: TbsAddon & CngAddon
  /** For tests; else the helper beside the program. */
  readonly enclaveHelper?: EnclaveHelperInit
}

export interface OpenKeysInit {
  /** Created with mode 0700 if absent. */
  readonly stateFolder: string
  readonly want: 'auto' | KeyKind
  readonly tpm: {
    /** A path, or `tbs` for TPM Base Services. That of this system when absent. */
    readonly device?: string
    /** Instead of a device: `unix:/path` or `tcp:host:port`. */
    readonly simulator?: string
  }
  readonly pkcs11?: Omit<Pkcs11Init, 'stateFolder'>
  /** For a new enrolment: replace keys that this TPM no longer has, and keep a copy of their file. */
  readonly renew?: boolean
  /** For tests: the kinds of another system. */
  readonly kinds?: readonly KeyKind[]
  /** No identity uses the existing keys. With `want: 'auto'`, better keys then replace software keys. */
  readonly unbound?: boolean
}

/** Why a kind of key was chosen or not, for people. */
interface KeyChoice {
  readonly name: KeyKind
  readonly chosen: boolean
  readonly reason: string
}

export interface OpenedKeys {
  readonly provider: KeyProvider
  /** In the order of the ranking. */
  readonly choices: readonly KeyChoice[]
}

/** What the directory cannot see of a key that is chosen. It counts such a key as software. */
const UNVERIFIED: Partial<Readonly<Record<KeyKind, string>>> = {
  cng: '; only Windows says that the key is in the TPM, and nothing proves it to the directory',
  'secure-enclave': '; only macOS says that the key is in the Secure Enclave, and nothing proves it to the directory',
}

/** This machine cannot have such keys. Any other error is a fault, and a weaker key must not hide it. */
const NOT_ON_THIS_MACHINE: readonly (ErrorCode | undefined)[] = [
  'TPM_UNAVAILABLE',
  'KEY_UNSUPPORTED',
  'KEY_PROVIDER_UNAVAILABLE',
]

/**
 * Opens the best keys that this machine can have. If the folder holds keys, only that kind is opened: a device enrolled
 * with a TPM never falls back to software. Unused software keys (`unbound`) do not count, because the TPM may only have
 * appeared late.
 *
 * @throws `KEY_PROVIDER_UNAVAILABLE` when none can be opened, or the folder holds another kind than `want`. Also what
 * `openTpmKeys`, `openPkcs11Keys` and `openSoftwareKeys` throw.
 */
export async function openKeys(
  components: OpenKeysComponents,
  init: OpenKeysInit,
  options: { signal?: AbortSignal } = {},
): Promise<OpenedKeys> {
  await makeFolder(init.stateFolder)
  const held = await kindIn(init.stateFolder)
  const isReplaceable = held === 'software' && init.unbound === true && init.want === 'auto'
  const pinned = isReplaceable ? undefined : held
  if (pinned !== undefined && init.want !== 'auto' && init.want !== pinned) {
    throw new SuretyError(
      'KEY_PROVIDER_UNAVAILABLE',
      `${init.stateFolder} holds ${pinned} keys, not ${init.want}. Another kind of key is another identity: use another state folder`,
    )
  }
  const kinds = init.kinds ?? defaultPaths().keyKinds
  if (init.want !== 'auto' && !kinds.includes(init.want)) throw unavailable(`this system has no ${init.want} keys`)
  const choices: KeyChoice[] = []
  for (const name of kinds) {
    const excluded = whyExcluded(name, init, pinned)
    if (excluded !== undefined) {
      choices.push({ name, chosen: false, reason: excluded })
      continue
    }
    try {
      const provider = await open(name, components, init, options)
      const below = kinds.slice(kinds.indexOf(name) + 1)
      choices.push({ name, chosen: true, reason: whyChosen(init, pinned) + (UNVERIFIED[name] ?? '') })
      choices.push(...below.map((lower) => ({ name: lower, chosen: false, reason: `${name} is better` })))
      return { provider, choices }
    } catch (error) {
      const fault = !NOT_ON_THIS_MACHINE.includes(codeOf(error))
      if (fault || init.want !== 'auto') throw error
      if (pinned !== undefined) throw unavailable(`the ${pinned} keys of ${init.stateFolder} cannot be used`, error)
      choices.push({ name, chosen: false, reason: error instanceof Error ? error.message : 'failed' })
    }
  }
  throw unavailable(choices.map(({ name, reason }) => `${name}: ${reason}`).join('; '))
}

async function open(
  name: KeyKind,
  components: OpenKeysComponents,
  init: OpenKeysInit,
  options: { signal?: AbortSignal },
): Promise<KeyProvider> {
  const { stateFolder } = init
  switch (name) {
    case 'tpm': {
      const transport = await openTransport(components, init.tpm)
      return await openTpmKeys({ ...components, transport }, { stateFolder, renew: init.renew === true }, options)
    }
    case 'pkcs11':
      if (init.pkcs11 === undefined) throw unavailable('no PKCS#11 library is configured')
      return await openPkcs11Keys({ ...init.pkcs11, stateFolder }, components)
    case 'cng': {
      const { CNG_FUNCTIONS, openCngKeys } = await import('./cng/cng-keys.ts')
      const addon = components.windows ?? loadAddon<CngAddon>(CNG_FUNCTIONS)
      return await openCngKeys({ addon }, { stateFolder, renew: init.renew === true })
    }
    case 'secure-enclave': {
      const { openEnclaveKeys } = await import('./secure-enclave/secure-enclave-keys.ts')
      const helper = components.enclaveHelper ?? ownEnclaveHelper()
      return await openEnclaveKeys(helper, { stateFolder, renew: init.renew === true }, options)
    }
    case 'software': {
      // Loaded only here, so that a daemon with TPM keys does not hold WebCrypto in memory.
      const { openSoftwareKeys } = await import('./software/software-keys.ts')
      return openSoftwareKeys({ stateFolder })
    }
    default:
      return name satisfies never
  }
}

/** It is built on a Mac only, so a program from elsewhere comes without it. */
function ownEnclaveHelper(): EnclaveHelperInit {
  try {
    return { path: nativeProgram('surety-secure-enclave') }
  } catch (cause) {
    throw unavailable('there is no helper for the Secure Enclave', cause)
  }
}

async function openTransport(
  { windows }: Pick<OpenKeysComponents, 'windows'>,
  { simulator, device = defaultPaths().tpmDevice }: OpenKeysInit['tpm'],
): Promise<TpmTransport> {
  if (simulator !== undefined) return simulatorTransport(simulator)
  if (device !== 'tbs') return await openDeviceTransport(device)
  const { openTbsTransport, TBS_FUNCTIONS } = await import('./tpm/transport/tbs-transport.ts')
  return await openTbsTransport(windows ?? loadAddon<TbsAddon>(TBS_FUNCTIONS))
}

function whyExcluded(name: KeyKind, init: OpenKeysInit, pinned: KeyKind | undefined): string | undefined {
  if (pinned !== undefined && name !== pinned) return `this device has ${pinned} keys`
  if (init.want !== 'auto' && name !== init.want) return `the configuration says ${init.want}`
  return undefined
}

function whyChosen(init: OpenKeysInit, pinned: KeyKind | undefined): string {
  if (pinned !== undefined) return 'this device already has them'
  return init.want === 'auto' ? 'the best that this machine has' : 'the configuration asks for it'
}

/** The kind of keys in the folder. */
async function kindIn(stateFolder: string): Promise<KeyKind | undefined> {
  if (await exists(keyFilePath(stateFolder))) return 'tpm'
  if (await exists(pkcs11RecordPath(stateFolder))) return 'pkcs11'
  if (await exists(cngRecordPath(stateFolder))) return 'cng'
  if (await exists(enclaveRecordPath(stateFolder))) return 'secure-enclave'
  const names = await readdir(stateFolder)
  return names.some((name) => name.startsWith('software-key-')) ? 'software' : undefined
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    // Any other error may hide keys that exist.
    (error) => errnoOf(error) !== 'ENOENT',
  )
}

async function makeFolder(path: string): Promise<void> {
  try {
    await makeFolderDurably(path, { mode: 0o700 })
  } catch (cause) {
    throw new SuretyError('STORE_FAILED', `folder ${JSON.stringify(path)}: ${errnoOf(cause) ?? 'failed'}`, { cause })
  }
  requirePrivateFolder(path)
}

function unavailable(message: string, cause?: unknown): SuretyError {
  return new SuretyError('KEY_PROVIDER_UNAVAILABLE', message, cause === undefined ? {} : { cause })
}
