import { createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { toBase64Url } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { sha256 } from '../../crypto/hash.ts'
import { type CompactJws, verifyJws } from '../../crypto/jws.ts'
import { makeCaCertificate, makeServerCertificate } from './certificates.ts'
import { currentDelegations, type Delegations } from './delegations.ts'
import { type KeyFiles, openKeyFiles, pemOf, spkiOf } from './key-files.ts'
import { type Signer, signerOf } from './signer.ts'

/** What a TLS listener needs: the chain ends in the CA, so that a device finds its pin there. */
export interface TlsCredentials {
  readonly key: string
  readonly cert: string
  readonly notBefore: number
  readonly notAfter: number
}

/** The directory's keys: who it is to devices, and by what they know its word. */
export interface Authority {
  /** SHA-256 of the SubjectPublicKeyInfo of CA and root, base64url: what goes into an enrolment string. */
  readonly pins: { readonly ca: string; readonly root: string }
  readonly caPin: Uint8Array<ArrayBuffer>
  /** SubjectPublicKeyInfo of the root key, base64url. */
  readonly root: string
  /** PEM; renewed by `renewTls`. */
  readonly caCertificate: string
  readonly signAcknowledgement: Signer
  /** PEM of the public key of `signAcknowledgement`, which also signs verdicts for servers. */
  readonly acknowledgementKey: string
  /** @returns the payload's JSON. @throws `SIGNATURE_INVALID` when this directory did not sign it. */
  verifyAcknowledgement(jws: CompactJws): string
  readonly signOrder: Signer
  /** Renewed by `renewDelegations`. */
  delegations(): Delegations
  tls(): TlsCredentials
  /**
   * Renews certificates that have less than a third of their time left, or are of a time that has not come: the clock was
   * ahead. @returns whether `tls` gives new ones.
   */
  renewTls(): Promise<boolean>
  /** As `renewTls`. @throws as `currentDelegations`. */
  renewDelegations(): Promise<void>
}

export interface AuthorityComponents {
  readonly clock: Clock
  readonly log: Log
  readonly random: (bytes: number) => Uint8Array<ArrayBuffer>
}

export interface AuthorityInit {
  readonly dataFolder: string
  /** DNS names and IP addresses of the listeners. */
  readonly names: readonly string[]
  /** Whether a new root and CA may be made: not where the register knows devices or administrators by other ones. */
  readonly mayFound: boolean
}

/**
 * Opens the keys in `<data>/keys`, making them at the first start.
 *
 * @throws `STORE_CORRUPT` when the root or the CA's key is gone while what it signed is there, or the register is in
 * use: a new one would strand every device.
 */
export async function openAuthority(components: AuthorityComponents, init: AuthorityInit): Promise<Authority> {
  const { clock, log } = components
  const folder = join(init.dataFolder, 'keys')
  const refuseToFound = (missing: string) => {
    if (init.mayFound) return
    const what = `${missing}, and the register knows devices or administrators by what was there`
    const restore = `restore ${JSON.stringify(folder)} from a backup`
    const anew = 'start again in another data folder and enrol all devices again'
    throw new SuretyError('STORE_CORRUPT', `${what}: ${restore}, or ${anew}`)
  }
  // An empty folder in its place would be in the way of the one that comes back.
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) refuseToFound('the keys folder is gone')
  const files = await openKeyFiles(folder)
  const root = await openRoot(components, files, refuseToFound)
  const keys = {
    ca: await openCaKey(files, refuseToFound),
    orders: await files.readOrMakeKey('orders'),
    acknowledgements: await files.readOrMakeKey('acknowledgements'),
  }
  const readDelegations = () =>
    currentDelegations({
      files,
      rootKey: root.privateKey,
      rootPublic: root.publicKey,
      keys,
      now: clock.now(),
      onDamaged: (error) => setDamagedAside(components, files, 'delegations.json', error),
      onRunningOut: (purpose, notAfter) =>
        log.warn('a delegation runs out and the root key is not here to renew it', {
          purpose,
          notAfter: new Date(notAfter).toISOString(),
        }),
    })
  const readCaCertificate = () => openCaCertificate(components, files, keys.ca)
  const issue = (by: string) => issueTls(components, init, keys.ca, by)
  let caCertificate = await readCaCertificate()
  let delegations = await readDelegations()
  let tls = await issue(caCertificate)
  const caPin = sha256(spkiOf(keys.ca))
  const rootSpki = spkiOf(root.publicKey)
  const acknowledgementsPublic = createPublicKey(keys.acknowledgements)
  return {
    pins: { ca: toBase64Url(caPin), root: toBase64Url(sha256(rootSpki)) },
    caPin,
    root: toBase64Url(rootSpki),
    get caCertificate() {
      return caCertificate
    },
    acknowledgementKey: acknowledgementsPublic.export({ type: 'spki', format: 'pem' }).toString(),
    signAcknowledgement: signerOf(keys.acknowledgements),
    verifyAcknowledgement: (jws) => verifyJws(jws, acknowledgementsPublic),
    signOrder: signerOf(keys.orders),
    delegations: () => delegations,
    tls: () => tls,
    async renewTls() {
      const present = await readCaCertificate()
      if (caCertificate === present && !isDue(tls, clock.now(), TLS_RENEW_MS)) return false
      // Both or neither: where this fails, the next time must not find one of them done.
      tls = await issue(present)
      caCertificate = present
      return true
    },
    async renewDelegations() {
      delegations = await readDelegations()
    },
  }
}

const TLS_RENEW_MS = 30 * 86_400_000
const CA_RENEW_MS = 3 * 365 * 86_400_000

/** Is its time nearly over, or still to come? */
function isDue(
  { notBefore, notAfter }: { readonly notBefore: number; readonly notAfter: number },
  now: number,
  renewMs: number,
): boolean {
  return notBefore > now || notAfter - now <= renewMs
}

/** What can be made again from what is there is not asked of a human. */
function setDamagedAside({ clock, log }: AuthorityComponents, files: KeyFiles, name: string, cause?: unknown): void {
  const path = files.setAside(name, clock.now())
  log.error('damaged file set aside: it is created again', {
    path,
    reason: cause === undefined ? undefined : describeError(cause),
  })
}

async function openRoot(
  components: AuthorityComponents,
  files: KeyFiles,
  refuseToFound: (missing: string) => void,
): Promise<{ publicKey: KeyObject; privateKey?: KeyObject }> {
  const publicPem = await files.readText('root.public.pem')
  const privateKey = await files.readKey('root')
  const publicKey = publicPem === undefined ? undefined : readPublic(publicPem)
  if (publicPem !== undefined && publicKey === undefined) {
    if (privateKey === undefined) {
      throw new SuretyError('STORE_CORRUPT', 'root.public.pem is damaged: restore it from a backup of the keys folder')
    }
    setDamagedAside(components, files, 'root.public.pem')
  }
  if (publicKey !== undefined) {
    if (privateKey === undefined) return { publicKey }
    if (!createPublicKey(privateKey).equals(publicKey)) {
      throw new SuretyError(
        'STORE_CORRUPT',
        'root.key.pem and root.public.pem are not one key: restore both from a backup',
      )
    }
    return { publicKey, privateKey }
  }
  if (privateKey === undefined && (await files.readText('delegations.json')) !== undefined) {
    throw new SuretyError('STORE_CORRUPT', 'the root key is gone from the keys folder: restore root.public.pem')
  }
  if (privateKey === undefined) {
    refuseToFound('the root key is gone')
    components.log.info('making the root key of this directory')
  }
  const made = privateKey ?? (await files.readOrMakeKey('root'))
  const madePublic = createPublicKey(made)
  await files.writeText('root.public.pem', madePublic.export({ type: 'spki', format: 'pem' }).toString())
  return { publicKey: madePublic, privateKey: made }
}

function readPublic(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem)
  } catch {
    return undefined
  }
}

/** Every device pins it, so once it has been used no other takes its place. */
async function openCaKey(files: KeyFiles, refuseToFound: (missing: string) => void): Promise<KeyObject> {
  const present = await files.readKey('ca')
  if (present !== undefined) return present
  if ((await files.readText('ca.cert.pem')) !== undefined) {
    throw new SuretyError('STORE_CORRUPT', 'the CA key is gone from the keys folder: restore ca.key.pem')
  }
  refuseToFound('the CA key is gone')
  return files.readOrMakeKey('ca')
}

/** Made again, with the same key, when it is due: the pin is the key's. */
async function openCaCertificate(components: AuthorityComponents, files: KeyFiles, caKey: KeyObject): Promise<string> {
  const now = components.clock.now()
  const present = await files.readText('ca.cert.pem')
  if (present !== undefined) {
    const certificate = readCertificate(present)
    if (certificate === undefined) setDamagedAside(components, files, 'ca.cert.pem')
    else if (!certificate.checkPrivateKey(caKey)) {
      // Every device pins the one: with the other, none comes back.
      throw new SuretyError('STORE_CORRUPT', 'ca.key.pem is not the key of ca.cert.pem: restore both from a backup')
    } else if (!isDue(timesOf(certificate), now, CA_RENEW_MS)) return present
    else components.log.info('renewing the CA certificate', { ...timesOf(certificate), now })
  }
  const pem = `${(await makeCaCertificate({ ...components, caKey, now })).trim()}\n`
  await files.writeText('ca.cert.pem', pem)
  return pem
}

/** Undefined when it is damaged: it must say of itself what it signed. */
function readCertificate(pem: string): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(pem)
    return certificate.verify(certificate.publicKey) ? certificate : undefined
  } catch {
    return undefined
  }
}

/** A fresh key for every certificate: nothing pins it, so nothing need be kept. */
async function issueTls(
  components: AuthorityComponents,
  init: AuthorityInit,
  caKey: KeyObject,
  caCertificate: string,
): Promise<TlsCredentials> {
  const serverKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const issuing = { ...components, caKey, now: components.clock.now() }
  const cert = (await makeServerCertificate(issuing, { serverKey, names: init.names })).trim()
  return { key: pemOf(serverKey), cert: `${cert}\n${caCertificate}`, ...timesOf(new X509Certificate(cert)) }
}

function timesOf({ validFrom, validTo }: X509Certificate): { readonly notBefore: number; readonly notAfter: number } {
  return { notBefore: Date.parse(validFrom), notAfter: Date.parse(validTo) }
}
