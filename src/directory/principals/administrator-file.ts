import { join } from 'node:path'
import { fromUtf8, utf8 } from '../../base/bytes.ts'
import { codeOf, describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { type AdministratorProfile, administratorProfileReader } from '../../protocol/noun/answers.ts'
import { readIfPresent, writeDurably } from '../../system/files/own/durable-file.ts'
import { setAside } from '../../system/files/own/quarantine.ts'
import { newAdministrator, type PrincipalsComponents, principalOf, replaceAdministrators } from './principals.ts'

/** `<data>/administrator.json` hands the first token to the human who starts the directory. */

const FILE_NAME = 'administrator.json'
const MAX_BYTES = 32 * 1024

export function administratorFile(dataFolder: string): string {
  return join(dataFolder, FILE_NAME)
}

/** @throws as `readIfPresent`, and `CONFIG_INVALID`. */
export async function readAdministratorFile(path: string): Promise<AdministratorProfile | undefined> {
  const bytes = await readIfPresent(path, { maxBytes: MAX_BYTES, ownerOnly: true })
  return bytes === undefined ? undefined : administratorProfileReader.readJson(fromUtf8(bytes))
}

type Address = Pick<AdministratorProfile, 'url' | 'ca'>

/**
 * Makes the first administrator if there has never been one. Later it only keeps the address and the certificate in the file
 * current. A deleted file does not come back.
 */
export async function keepAdministratorFile(
  components: PrincipalsComponents & { readonly log: Log },
  { dataFolder, url, ca }: { readonly dataFolder: string } & Address,
): Promise<void> {
  const { store, log } = components
  const path = administratorFile(dataFolder)
  if (!(await store.principals.hasAny())) {
    await writeNewAdministrator(components, { path, url, ca })
    log.info('first administrator made', { profileFile: path })
    return
  }
  const present = await readUnlessDamaged(components, path)
  if (present === undefined) return
  if ((await principalOf(store.principals, `Bearer ${present.token}`, components.clock.now())) === undefined) {
    const advice = 'an administrator can make another: surety-directory administrators rotate NAME'
    log.error(`the token in the administrator file is not valid; ${advice}`, { profileFile: path })
  }
  if (present.url !== url || present.ca !== ca) await write(path, { url, ca, token: present.token })
}

/** The directory works without the file: `administrator reset` makes a new one. */
async function readUnlessDamaged(
  { clock, log }: PrincipalsComponents & { readonly log: Log },
  path: string,
): Promise<AdministratorProfile | undefined> {
  try {
    return await readAdministratorFile(path)
  } catch (error) {
    if (!DAMAGE.includes(codeOf(error) ?? NO_TEXT)) throw error
    const aside = setAside(path, { now: clock.now() })
    log.error('damaged administrator file set aside; to make a new one, run: surety-directory administrator reset', {
      profileFile: aside,
      reason: describeError(error),
    })
    return undefined
  }
}

/** Bytes that are not UTF-8 throw an error without a code. */
const NO_TEXT = 'no text'
const DAMAGE = [NO_TEXT, 'CONFIG_INVALID', 'INPUT_MALFORMED', 'INPUT_TOO_LARGE', 'INPUT_TOO_DEEP', 'FILE_TOO_LARGE']

/**
 * Makes a new administrator and writes its token to `path`. All earlier tokens are revoked.
 *
 * @param init.actor for the audit of a reset. Absent: the first administrator is made.
 */
export async function writeNewAdministrator(
  components: PrincipalsComponents,
  { path, url, ca, actor }: { readonly path: string; readonly actor?: string } & Address,
): Promise<void> {
  const { token, principal } = newAdministrator(components)
  // The file comes first: after a crash in between, no valid token is lost.
  await write(path, { url, ca, token })
  await replaceAdministrators(components, principal, actor === undefined ? {} : { actor })
}

async function write(path: string, profile: AdministratorProfile): Promise<void> {
  await writeDurably(path, utf8(`${JSON.stringify(profile, null, 2)}\n`), { mode: 0o600 })
}
