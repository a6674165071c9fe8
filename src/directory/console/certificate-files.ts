import { createPrivateKey, X509Certificate } from 'node:crypto'
import { realpath, stat } from 'node:fs/promises'
import { fromUtf8 } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { readIfPresent } from '../../system/files/own/durable-file.ts'
import type { ServerCertificate } from '../http/server.ts'

/** The certificate of the console, from files that another program renews. */

const MAX_BYTES = 256 * 1024
/** How long a new certificate waits until it is used. */
const EVERY_MS = 10_000

interface Files {
  readonly certificate: string
  readonly key: string
}

/** @throws `CONFIG_INVALID` for files that are absent or unreadable, hold no PEM, or do not belong together. */
export async function readCertificate(files: Files): Promise<ServerCertificate> {
  const [cert, key] = [await textOf('certificate', files.certificate), await textOf('key', files.key)]
  let belongs: boolean
  try {
    belongs = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
  } catch (cause) {
    throw invalid(
      `the console's certificate ${files.certificate} and key ${files.key} must be PEM without a passphrase`,
      cause,
    )
  }
  if (!belongs) throw invalid(`the key ${files.key} is not that of the console's certificate ${files.certificate}`)
  return { cert, key }
}

/**
 * Reads the files again when they have changed, until the signal aborts. While they do not belong together, or cannot be read, the
 * certificate stays as it was.
 */
export async function keepCertificate(
  { clock, log }: { readonly clock: Pick<Clock, 'sleep'>; readonly log: Log },
  files: Files,
  use: (certificate: ServerCertificate) => void,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  let seen = await fingerprintOf(files)
  for (;;) {
    try {
      await clock.sleep(EVERY_MS, { signal })
    } catch {
      return // stopped
    }
    const found = await fingerprintOf(files)
    if (found === seen) continue
    seen = found
    try {
      use(await readCertificate(files))
      log.info("the console's certificate was read again", { certificateFile: files.certificate })
    } catch (error) {
      log.error("the console's certificate stays as it was", { error: describeError(error) })
    }
  }
}

/** Changes when a file or what a link leads to changes. */
async function fingerprintOf({ certificate, key }: Files): Promise<string> {
  const marks = [certificate, key].map(async (path) => {
    const { mtimeMs, ctimeMs, size, ino } = await stat(path)
    return `${mtimeMs} ${ctimeMs} ${size} ${ino}`
  })
  return (await Promise.allSettled(marks)).map((one) => (one.status === 'fulfilled' ? one.value : 'unreadable')).join()
}

async function textOf(what: keyof Files, path: string): Promise<string> {
  const setting = `console.${what}`
  let bytes: Uint8Array | undefined
  try {
    // Those that certbot renews are links.
    bytes = await readIfPresent(await realpath(path), { maxBytes: MAX_BYTES })
  } catch (cause) {
    throw invalid(`${setting} ${path} cannot be read`, cause)
  }
  if (bytes === undefined) throw invalid(`${setting}: there is no file ${path}`)
  return fromUtf8(bytes)
}

function invalid(message: string, cause?: unknown): SuretyError {
  return new SuretyError('CONFIG_INVALID', message, { cause })
}
