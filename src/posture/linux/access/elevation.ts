import type { TrustedFileReader } from '../../../system/files/files.ts'
import { type CheckOutcome, fail, listed, pass, unknown } from '../../check-outcome.ts'
import type { PostureComponents } from '../../components.ts'
import { parseSudoers } from '../../parsers/access/sudoers.ts'
import { listOptional, readOptional } from '../../read-optional.ts'

/** The second is where openSUSE keeps what it ships. */
const SUDOERS = ['/etc/sudoers', '/usr/etc/sudoers'] as const
const SUDOERS_BYTES = 1024 * 1024
/** sudo itself allows 128 levels. */
const DEEPEST_INCLUDE = 16

interface Elevation {
  /** Who gets all commands as root without a password. */
  readonly open: Set<string>
  /** Who gets some commands so. */
  readonly limited: Set<string>
}

/**
 * `access.elevation`: sudo asks for a password before it makes somebody root. Other programs, such as doas and polkit, and rules of
 * a directory service are not read.
 */
export async function checkElevation({ files }: PostureComponents): Promise<CheckOutcome> {
  const found: Elevation = { open: new Set(), limited: new Set() }
  const path = await firstPresent(files, SUDOERS)
  if (path === undefined) return pass('sudo is not set up here. Other programs, such as doas, are not read.')
  if (!(await readInto(found, files, path, 0))) return unknown('sudoers has a line or an included file not understood')
  const open = [...found.open].sort()
  if (open.length > 0) return fail(`sudo gives all rights of root without a password to ${listed(open)}.`)
  const limited = [...found.limited].sort()
  const some = limited.length === 0 ? '' : ` For some commands it does not ask ${listed(limited)}.`
  return pass(`sudo asks for a password before it gives all rights of root.${some}`)
}

async function firstPresent(files: TrustedFileReader, paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if ((await readOptional(files, path, SUDOERS_BYTES)) !== undefined) return path
  return undefined
}

/** @returns false when any of the files is not understood. */
async function readInto(found: Elevation, files: TrustedFileReader, path: string, depth: number): Promise<boolean> {
  if (depth > DEEPEST_INCLUDE) return false
  const sudoers = parseSudoers((await readOptional(files, path, SUDOERS_BYTES)) ?? '')
  if (sudoers === undefined) return false
  for (const name of sudoers.open) found.open.add(name)
  for (const name of sudoers.limited) found.limited.add(name)
  for (const include of sudoers.includes) {
    const paths = include.isFolder ? await includedFiles(files, absolute(include.path)) : [absolute(include.path)]
    for (const one of paths) if (!(await readInto(found, files, one, depth + 1))) return false
  }
  return true
}

function absolute(path: string): string {
  return path.startsWith('/') ? path : `/etc/${path}`
}

/** sudo passes over names with a dot or with `~` at the end. */
async function includedFiles(files: TrustedFileReader, folder: string): Promise<readonly string[]> {
  const entries = (await listOptional(files, folder)) ?? []
  return entries
    .filter(({ name, kind }) => kind !== 'directory' && !name.includes('.') && !name.endsWith('~'))
    .map(({ name }) => `${folder}/${name}`)
}
