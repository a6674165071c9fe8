import { X509Certificate } from 'node:crypto'
import { chmod, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fromUtf8, utf8 } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { describeError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import type { Log } from '../../base/log.ts'
import type { Summary } from '../../protocol/nouns/directory/directory.ts'
import { readIfPresent, writeDurably } from '../../system/files/own/durable-file.ts'
import type { AuditStore } from '../audit/audit.ts'
import { type AcmeOrder, faultOf, loadAcme, orderCertificate } from './acme-order.ts'

/** Keeps the certificate of the console renewed by an ACME server. The listener reads the file again when it changes. */

export type AcmeSettings = Omit<AcmeOrder, 'accountKey' | 'ca'> & {
  /** PEM file with the CA of the ACME server. */
  readonly caFile?: string | undefined
}

export interface AcmeComponents {
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  readonly log: Log
  readonly store: {
    readonly audit: AuditStore
    transaction<T>(work: () => Promise<T>): Promise<T>
  }
  /** What `status` says. */
  readonly tell: (standing: NonNullable<Summary['consoleCertificate']>) => void
}

const LOOK_EVERY_MS = 60_000
/** Four failures an hour: Let's Encrypt allows five. */
const RETRY_MS = 15 * 60_000
/** While it fails, that is an event once a day. What servers say has another token each time. */
const SAY_AGAIN_MS = 24 * 3_600_000
/** Of its life a certificate is used, then renewed. */
const RENEW_AFTER = 2 / 3
const MAX_BYTES = 256 * 1024
const OWNER_ONLY = { mode: 0o600 }

/** The key followed by the certificates, so that one file replaces both at once. */
export function acmeFile(dataFolder: string): string {
  return join(dataFolder, 'console-acme', 'credentials.pem')
}

/** Until the signal aborts. While nothing new can be had, the old certificate stays in use. */
export async function keepAcmeCertificate(
  components: AcmeComponents,
  settings: AcmeSettings,
  { file, signal }: { readonly file: string; readonly signal: AbortSignal },
): Promise<void> {
  const { clock, log, store, tell } = components
  const { name } = settings
  let retryAt = 0
  let failing: { readonly since: number; reason: string; saidAt: number } | undefined
  const record = (
    act: 'console-certificate-renewed' | 'console-certificate-failed',
    details: Record<string, string | number>,
  ) => store.transaction(() => store.audit.add({ at: clock.now(), actor: 'directory', act, subject: name, details }))
  const attempt = async () => {
    try {
      const validUntil = await renew(settings, file, clock)
      failing = undefined
      log.info('the certificate of the console was renewed', { name, validUntil: new Date(validUntil).toISOString() })
      await record('console-certificate-renewed', { issuer: new URL(settings.url).host, validUntil })
    } catch (error) {
      const now = clock.now()
      const reason = describeError(error)
      retryAt = now + RETRY_MS
      const isNews = failing === undefined || now - failing.saidAt >= SAY_AGAIN_MS
      failing = { since: failing?.since ?? now, reason, saidAt: isNews ? now : (failing?.saidAt ?? now) }
      log.error('the certificate of the console could not be renewed', { name, error: reason })
      if (isNews) await record('console-certificate-failed', { why: reason })
    }
  }
  while (!signal.aborted) {
    if (clock.now() >= retryAt && (await isDue(file, name, clock.now()))) {
      // A store that fails ends the directory: nothing to do here.
      await attempt().catch((error) => log.error('an event could not be recorded', { error: describeError(error) }))
    }
    tell({
      name,
      ...member('validUntil', (await leafIn(file))?.validToDate.getTime()),
      ...member('failing', failing && { since: failing.since, reason: failing.reason.slice(0, 400) }),
    })
    await clock.sleep(LOOK_EVERY_MS, { signal }).catch(() => undefined)
  }
}

/** @returns until when the new one is valid. The file is as before unless it was written whole. */
async function renew({ caFile, ...settings }: AcmeSettings, file: string, clock: Pick<Clock, 'now'>): Promise<number> {
  const folder = dirname(file)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  const ca = caFile === undefined ? undefined : await textIn(caFile)
  if (caFile !== undefined && ca === undefined) throw new TypeError(`console.acme.caFile: there is no file ${caFile}`)
  const accountKey = await accountKeyIn(join(folder, 'account.key'))
  const { cert, key } = await orderCertificate({ ...settings, accountKey, ca }, () => clock.now())
  await writeDurably(file, utf8(`${key.trim()}\n${cert.trim()}\n`), OWNER_ONLY)
  return new X509Certificate(cert).validToDate.getTime()
}

/** Of the account, made at the first order: another one would be another account. */
async function accountKeyIn(path: string): Promise<string> {
  const present = await textIn(path, { ownerOnly: true })
  if (present !== undefined) return present
  const made = String(await (await loadAcme()).crypto.createPrivateEcdsaKey())
  await writeDurably(path, utf8(made), OWNER_ONLY)
  return made
}

async function isDue(file: string, name: string, now: number): Promise<boolean> {
  const text = await textIn(file).catch(() => undefined)
  const leaf = await leafIn(file)
  if (leaf === undefined || text === undefined || faultOf(certificatesIn(text), text, { name, now }) !== undefined)
    return true
  const [from, to] = [leaf.validFromDate.getTime(), leaf.validToDate.getTime()]
  return now >= from + (to - from) * RENEW_AFTER
}

async function leafIn(file: string): Promise<X509Certificate | undefined> {
  try {
    const text = await textIn(file)
    return text === undefined ? undefined : new X509Certificate(certificatesIn(text))
  } catch {
    return undefined
  }
}

function certificatesIn(text: string): string {
  return text.slice(text.indexOf('-----BEGIN CERTIFICATE-----'))
}

async function textIn(path: string, options: { readonly ownerOnly?: boolean } = {}): Promise<string | undefined> {
  const bytes = await readIfPresent(path, { maxBytes: MAX_BYTES, ...options })
  return bytes === undefined ? undefined : fromUtf8(bytes)
}
