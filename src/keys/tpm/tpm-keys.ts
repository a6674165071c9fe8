import { randomBytes } from 'node:crypto'
import { type Bytes, concatBytes, toBase64Url, toHex } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { codeOf, SuretyError } from '../../base/errors.ts'
import { sha256 } from '../../crypto/hash.ts'
import { CURVE_ID } from '../../crypto/tpm/algorithms.ts'
import { spkiOf } from '../../crypto/tpm/public-area.ts'
import { parseSignature, rawEcdsa } from '../../crypto/tpm/signature.ts'
import { requirePrivateFolder } from '../../system/files/own/private-folder.ts'
import { type DeviceKey, type KeyProvider, requireLabel } from '../provider/key-provider.ts'
import { abortable, type SerialQueue, serialQueue } from '../provider/serial-queue.ts'
import { create, createPrimary, flush, HIERARCHY, type KeyBlob, type Options, signDigest } from './commands.ts'
import { chooseEndorsement } from './endorsement-certificates.ts'
import { blobOf, decode, type KeyFile, keepLostKeyFile, readKeyFile, storedBlob, writeKeyFile } from './key-file.ts'
import { applicationKey, attestationKey } from './key-templates.ts'
import { type LoadedKeys, loadedKeys, type Parent } from './loaded-keys.ts'
import { getRandom, hasCurve } from './queries.ts'
import { tpmAttestor } from './tpm-attestor.ts'
import { type TpmClient, tpmClient } from './tpm-client.ts'
import type { TpmContext } from './tpm-context.ts'
import type { TpmTransport } from './transport/tpm-transport.ts'

/** How many requests may wait for the TPM. Each takes up to a tenth of a second. */
const CAPACITY = 64
const ATTESTATION_PARENT: Parent = { hierarchy: 'endorsement', root: 'primary' }
const FLUSH_TIMEOUT_MS = 5_000

/**
 * Opens the keys of this TPM, and makes an attestation key on first use. Takes over `transport`.
 *
 * @param init.renew make new keys instead of throwing `TPM_IDENTITY_LOST`.
 * @throws `TPM_IDENTITY_LOST` when the folder's keys belong to another TPM or this one was cleared, `TPM_UNAVAILABLE`,
 * `TPM_BUSY`, `TPM_LOCKED_OUT`, `KEY_AUTHORISATION_FAILED` (a hierarchy has a password), `KEY_UNSUPPORTED` (no
 * P-256), `STORE_CORRUPT`, `STORE_FAILED`.
 */
export async function openTpmKeys(
  components: { transport: TpmTransport; clock: Clock },
  init: { stateFolder: string; renew?: boolean },
  { signal }: { signal?: AbortSignal } = {},
): Promise<KeyProvider> {
  const { transport } = components
  const queue = serialQueue({ capacity: CAPACITY, fullCode: 'TPM_BUSY' })
  try {
    requirePrivateFolder(init.stateFolder)
    let file = await readKeyFile(init.stateFolder)
    const tpm = tpmClient(components)
    const known = () => file ?? unexpected('there are no keys yet')
    const loaded = loadedKeys({ tpm, transport })
    const use: TpmContext['use'] = (work, callers) =>
      queue.run((options) => loaded.recovering(() => work(options), options), { signal: callers })
    const save = async (next: KeyFile) => {
      await writeKeyFile(init.stateFolder, next)
      file = next
    }
    const context: TpmContext = {
      tpm,
      loaded,
      transport,
      use,
      file: known,
      attestationKey: (options) => loaded.key(blobOf(known().attestation), ATTESTATION_PARENT, options),
      applicationKey: (blob, options) => loaded.key(blob, { hierarchy: 'owner', root: known().root }, options),
    }
    // Loading fails at once if the keys belong to another TPM.
    const loadAll = async (options: Options) => {
      await context.attestationKey(options)
      const [first] = known().keys
      if (first !== undefined) await context.applicationKey(blobOf(first), options)
    }
    await use(async (options) => {
      const fresh = file === undefined
      if (fresh) await save(await makeKeys(tpm, loaded, options))
      try {
        await loadAll(options)
      } catch (error) {
        if (fresh || init.renew !== true || codeOf(error) !== 'TPM_IDENTITY_LOST') throw error
        const made = await makeKeys(tpm, loaded, options)
        // The old TPM may return, so its keys are kept.
        await keepLostKeyFile(init.stateFolder, known())
        await save(made)
        await loadAll(options)
      }
    }, signal)
    return provider({ context, queue, transport, save })
  } catch (error) {
    await queue[Symbol.asyncDispose]()
    await transport[Symbol.asyncDispose]()
    throw error
  }
}

function provider(parts: {
  context: TpmContext
  queue: SerialQueue
  transport: TpmTransport
  save: (file: KeyFile) => Promise<void>
}): KeyProvider {
  const { context, queue, transport, save } = parts
  return {
    name: 'tpm',
    hardwareBacked: transport.kind !== 'simulator',
    attestor: tpmAttestor(context),
    async getOrCreateKey(label, { signal } = {}) {
      requireLabel(label)
      const stored = await context.use(async (options) => {
        const known = context.file().keys.find((key) => key.label === label)
        if (known !== undefined) return known
        const made = { label, ...storedBlob(await makeApplicationKey(context, options)) }
        await save({ ...context.file(), keys: [...context.file().keys, made] })
        return made
      }, signal)
      return deviceKey(context, blobOf(stored))
    },
    async [Symbol.asyncDispose]() {
      // Only a simulator needs the flush, and the TPM may be gone.
      const deadline = AbortSignal.timeout(FLUSH_TIMEOUT_MS)
      await context.use((options) => context.loaded.flushAll(options), deadline).catch(() => undefined)
      await queue[Symbol.asyncDispose]()
      await transport[Symbol.asyncDispose]()
    },
  }
}

async function makeKeys(tpm: TpmClient, loaded: LoadedKeys, options: Options): Promise<KeyFile> {
  if (!(await hasCurve(tpm, CURVE_ID['P-256'], options))) {
    throw new SuretyError('KEY_UNSUPPORTED', 'this TPM does not support P-256')
  }
  const endorsement = await chooseEndorsement(tpm, options)
  const key = await createPrimary(tpm, HIERARCHY.endorsement, endorsement.template, options)
  await flush(tpm, key.handle, options)
  // Two sources, so that one bad generator does no harm.
  const authorisation = sha256(concatBytes(await getRandom(tpm, 32, options), randomBytes(32)))
  const blob = await loaded.withParent(
    ATTESTATION_PARENT,
    (parent) => create(tpm, { parent, template: attestationKey, authorisation }, options),
    options,
  )
  return {
    version: 1,
    endorsement: { kind: endorsement.kind, public: toBase64Url(key.publicArea) },
    root: await chooseRoot(loaded, options),
    authorisation: toBase64Url(authorisation),
    attestation: storedBlob(blob),
    keys: [],
  }
}

async function chooseRoot(loaded: LoadedKeys, options: Options): Promise<KeyFile['root']> {
  try {
    return await loaded.withParent({ hierarchy: 'owner', root: 'primary' }, async () => 'primary' as const, options)
  } catch (error) {
    // The owner hierarchy has a password, so its administrator should have left a persistent storage root.
    if (codeOf(error) !== 'KEY_AUTHORISATION_FAILED') throw error
    return await loaded.withParent(
      { hierarchy: 'owner', root: 'persistent' },
      async () => 'persistent' as const,
      options,
    )
  }
}

async function makeApplicationKey({ tpm, loaded, file }: TpmContext, options: Options) {
  await loaded.flushAll(options)
  const authorisation = decode(file().authorisation)
  return await loaded.withParent(
    { hierarchy: 'owner', root: file().root },
    (parent) => create(tpm, { parent, template: applicationKey, authorisation }, options),
    options,
  )
}

function deviceKey(context: TpmContext, blob: KeyBlob): DeviceKey {
  const { tpm, loaded, use, file } = context
  /** Signatures in progress, by digest. Equal requests share one. */
  const inProgress = new Map<string, Promise<Bytes>>()
  const signNow = (digest: Uint8Array) =>
    use(async (options) => {
      const key = await context.applicationKey(blob, options)
      const session = await loaded.session(0, options)
      const authorisation = session.authorise(decode(file().authorisation))
      return rawSignature(await signDigest(tpm, { key, authorisation, digest }, options))
    }, undefined)
  return {
    publicKey: spkiOf(blob.publicArea),
    async sign(message, { signal } = {}) {
      signal?.throwIfAborted()
      const digest = sha256(message)
      const name = toHex(digest)
      let signature = inProgress.get(name)
      if (signature === undefined) {
        signature = signNow(digest).finally(() => inProgress.delete(name))
        inProgress.set(name, signature)
      }
      return await abortable(signature, signal)
    },
  }
}

function rawSignature(bytes: Uint8Array): Bytes {
  const signature = parseSignature(bytes)
  const raw = signature.kind === 'ecdsa' ? rawEcdsa(signature, 32) : undefined
  return raw ?? unexpected('TPM2_Sign returned another kind of signature')
}

function unexpected(message: string): never {
  throw new SuretyError('TPM_COMMAND_FAILED', message)
}
