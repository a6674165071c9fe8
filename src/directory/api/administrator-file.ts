import { join } from 'node:path'
import { fromUtf8, utf8 } from '../../base/bytes.ts'
import { codeOf, describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { type AdministratorProfile, administratorProfileReader } from '../../protocol/api-common.ts'
import { readIfPresent, writeDurably } from '../../system/files/durable-file.ts'
import { setAside } from '../../system/files/quarantine.ts'
import { type AdministratorComponents, authenticate, newAdministrator } from './administrators.ts'

/** `<data>/administrator.json`: how the first token reaches the human who starts the directory. */

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

type Reachable = Pick<AdministratorProfile, 'url' | 'ca'>

/**
 * Makes the first administrator when there has never been one. Later it only keeps address and certificate of a file
 * that is still there: one that was deleted does not come back.
 */
export async function keepAdministratorFile(
  components: AdministratorComponents & { readonly log: Log },
  init: { readonly dataFolder: string } & Reachable,
): Promise<void> {
  const path = administratorFile(init.dataFolder)
  if (!components.store.hasHadAdministrator()) {
    await giveAdministrator(components, { path, url: init.url, ca: init.ca })
    components.log.info('first administrator made', { profileFile: path })
    return
  }
  const present = await readUnlessDamaged(components, path)
  if (present === undefined) return
  if (authenticate(components.store, `Bearer ${present.token}`) === undefined) {
    components.log.error('the token in the administrator file is not in force: surety-directory administrator reset', {
      profileFile: path,
    })
  }
  if (present.url !== init.url || present.ca !== init.ca) {
    await write(path, { url: init.url, ca: init.ca, token: present.token })
  }
}

/** The directory can do without it: whoever needs it makes a new one. */
async function readUnlessDamaged(
  { clock, log }: AdministratorComponents & { readonly log: Log },
  path: string,
): Promise<AdministratorProfile | undefined> {
  try {
    return await readAdministratorFile(path)
  } catch (error) {
    if (!DAMAGE.includes(codeOf(error) ?? 'no text')) throw error
    const aside = setAside(path, { now: clock.now() })
    log.error('damaged administrator file set aside: surety-directory administrator reset makes another', {
      profileFile: aside,
      reason: describeError(error),
    })
    return undefined
  }
}

const DAMAGE = ['no text', 'CONFIG_INVALID', 'INPUT_MALFORMED', 'INPUT_TOO_LARGE', 'INPUT_TOO_DEEP', 'FILE_TOO_LARGE']

/** Makes a new administrator, for whoever holds the data folder. All tokens from before are revoked. */
export async function giveAdministrator(
  components: AdministratorComponents,
  { path, url, ca }: { readonly path: string } & Reachable,
): Promise<void> {
  const { token, stored } = newAdministrator(components.randomBytes, 'administrator')
  // The file first: cut off in between, there is no token in force that nobody knows.
  await write(path, { url, ca, token })
  components.store.replaceAdministrators(stored, components.clock.now())
}

async function write(path: string, profile: AdministratorProfile): Promise<void> {
  await writeDurably(path, utf8(`${JSON.stringify(profile, null, 2)}\n`), { mode: 0o600 })
}
