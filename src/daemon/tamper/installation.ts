import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { closed, counter, reader, type Static, Type, text, words } from '../../base/schema.ts'
import { errnoOf, fileError } from '../../system/files/file-errors.ts'
import type { InstallationPlaces } from '../../system/platform.ts'

/** What belongs to the installed daemon, as it was when it was looked at last. */

const partSchema = closed({
  /** `service`: how the system starts the daemon. */
  kind: words('program', 'service'),
  /** An upgrade may change it. */
  packaged: Type.Boolean(),
  /** Of the file as the system describes it: where it is the same, the content is not read again. */
  mark: text(128),
  /** SHA-256, the target of a link, or `folder`. */
  content: text(4_096),
})
type Part = Static<typeof partSchema>

/** `installation.json` of the state folder: the parts by path. */
const installationSchema = closed({
  schema: Type.Literal('surety/installation@1'),
  version: text(64),
  parts: Type.Record(text(4_096), partSchema),
  /** Parts that were not looked at, because there are too many. */
  leftOut: counter(),
})
export type Installation = Static<typeof installationSchema>

export const MAX_INSTALLATION_BYTES = 1024 * 1024
export const installationReader = reader(installationSchema, {
  name: 'installation.json',
  limits: { maxBytes: MAX_INSTALLATION_BYTES, maxDepth: 4, maxMembers: 4_096 },
})

const MAX_PARTS = 1_000

/** Looks at all parts. @throws `FILE_UNREADABLE`. A file that `before` describes alike is not read again. What is absent is no part. */
export async function lookAtInstallation(
  places: InstallationPlaces,
  {
    version,
    before,
    signal,
  }: { readonly version: string; readonly before?: Installation | undefined; readonly signal: AbortSignal },
): Promise<Installation> {
  const parts = new Map<string, Part>()
  let leftOut = 0
  const add = async (path: string, kind: Part['kind'], packaged: boolean) => {
    signal.throwIfAborted()
    if (parts.size >= MAX_PARTS) {
      leftOut++
      return
    }
    const part = await partAt(path, { kind, packaged, before: before?.parts[path] })
    if (part === undefined) return
    parts.set(path, part)
    if (part.content !== FOLDER) return
    for (const name of (await readdir(path)).sort()) await add(join(path, name), kind, packaged)
  }
  for (const path of [places.program, places.runtime]) if (path !== undefined) await add(path, 'program', true)
  for (const path of places.packaged) await add(path, 'service', true)
  for (const path of places.local) await add(path, 'service', false)
  for (const [name, value] of Object.entries(places.facts?.() ?? {})) {
    parts.set(name, { kind: 'service', packaged: true, mark: '', content: hashOf(value) })
  }
  return { schema: 'surety/installation@1', version, parts: Object.fromEntries(parts), leftOut }
}

/** The paths that differ, by kind. After a change of the version a package may have changed its own. */
export function changedParts(
  before: Installation,
  after: Installation,
): Readonly<Record<Part['kind'], readonly string[]>> {
  const isUpgrade = before.version !== after.version
  const paths = [...new Set([...Object.keys(before.parts), ...Object.keys(after.parts)])]
  const changed = { program: [] as string[], service: [] as string[] }
  for (const path of paths) {
    const [old, now] = [before.parts[path], after.parts[path]]
    const part = now ?? old
    if (part === undefined || old?.content === now?.content || (isUpgrade && part.packaged)) continue
    changed[part.kind].push(path)
  }
  return changed
}

const FOLDER = 'folder'

async function partAt(
  path: string,
  { kind, packaged, before }: Pick<Part, 'kind' | 'packaged'> & { readonly before: Part | undefined },
): Promise<Part | undefined> {
  const link = await readlink(path).catch(() => undefined)
  if (link !== undefined) return { kind, packaged, mark: 'link', content: `link ${link}`.slice(0, 4_096) }
  const found = await stat(path, { bigint: true }).catch((error: unknown) => {
    const errno = errnoOf(error)
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined
    throw fileError(error, path)
  })
  if (found === undefined) return undefined
  if (found.isDirectory()) return { kind, packaged, mark: FOLDER, content: FOLDER }
  if (!found.isFile()) return { kind, packaged, mark: 'special', content: 'special' }
  const mark = [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(' ')
  if (before?.mark === mark) return { kind, packaged, mark, content: before.content }
  return { kind, packaged, mark, content: await hashOfFile(path) }
}

async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 256 * 1024 }), hash)
  return hash.digest('base64url')
}

export function hashOf(value: string): string {
  return createHash('sha256').update(value).digest('base64url')
}
