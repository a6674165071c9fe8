import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import {
  type AnchorSet,
  parseTrustAnchors,
  type TrustAnchorFile,
  type TrustAnchors,
} from '../../crypto/x509/trust-anchors.ts'
import { errnoOf } from '../../system/files/file-errors.ts'
import { readIfPresent } from '../../system/files/own/durable-file.ts'
import { requireTrustedFolder } from '../../system/files/own/prepare-folder.ts'

const CERTIFICATE_FILE = /\.(pem|crt|cer|der)$/i
const MAX_BYTES = 1024 * 1024

/**
 * Reads the CA certificates of TPM makers from a folder; what lies in its subfolder `simulated` anchors simulators only.
 * A file that cannot be used is said in the log and anchors nothing.
 *
 * @throws `STORE_FAILED` when another user could have placed or written an anchor: with one, a TPM of their own making
 * enrols as a maker's. Also for a folder that cannot be read.
 */
export async function readTrustAnchors(folder: string | undefined, log: Log): Promise<TrustAnchors> {
  if (folder === undefined) return parseTrustAnchors([])
  const files = await readAnchorFiles(folder, (file, error) =>
    log.warn('a trust anchor cannot be read', { file, code: codeOf(error), error: describeError(error) }),
  )
  const anchors = parseTrustAnchors(files)
  for (const { name, reason } of anchors.problems) log.warn('a trust anchor cannot be used', { file: name, reason })
  return anchors
}

/** @param unread is called for a file that cannot be read. @throws as `readTrustAnchors`. */
export async function readAnchorFiles(
  folder: string,
  unread: (file: string, error: unknown) => void,
): Promise<readonly TrustAnchorFile[]> {
  const makers = await readSet(folder, 'makers', unread)
  return [...makers, ...(await readSet(join(folder, 'simulated'), 'simulated', unread))]
}

async function readSet(
  folder: string,
  set: AnchorSet,
  unread: (file: string, error: unknown) => void,
): Promise<readonly TrustAnchorFile[]> {
  const files: TrustAnchorFile[] = []
  if (!(await isThere(folder))) return files
  await requireTrustedFolder(folder, { name: 'trust anchors folder', depth: 0 })
  const names = await readdir(folder).catch(explainUnread(folder))
  for (const name of names.filter((one) => CERTIFICATE_FILE.test(one)).sort()) {
    try {
      const bytes = await readIfPresent(join(folder, name), { maxBytes: MAX_BYTES })
      if (bytes !== undefined) files.push({ name, bytes, set })
    } catch (error) {
      unread(name, error)
    }
  }
  return files
}

/** A folder that is not there anchors nothing; one that cannot be read fails the start. */
async function isThere(folder: string): Promise<boolean> {
  try {
    await lstat(folder)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    return explainUnread(folder)(error)
  }
}

/** Such as a folder that root made for a server of another user. */
function explainUnread(folder: string) {
  return (cause: unknown): never => {
    const errno = errnoOf(cause)
    if (errno === undefined) throw cause
    const message = `the trust anchors folder ${JSON.stringify(folder)} cannot be read (${errno}): it must belong to the user of the directory`
    throw new SuretyError('STORE_FAILED', message, { cause })
  }
}
