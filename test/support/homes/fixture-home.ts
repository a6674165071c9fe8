import { lchownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A home made in a temporary folder from documented layouts, removed when disposed. */
export interface FixtureHome extends Disposable {
  readonly path: string
  /** Text as it is, anything else as JSON. */
  write(relativePath: string, content: unknown): void
  folder(relativePath: string): void
  link(relativePath: string, target: string): void
  at(relativePath: string): string
  /** Gives everything to another user; only root can. */
  giveTo(uid: number, gid: number): void
}

export function fixtureHome(parent = tmpdir()): FixtureHome {
  const path = mkdtempSync(join(parent, 'surety-home-'))
  const at = (relativePath: string) => join(path, relativePath)
  const folder = (relativePath: string) => void mkdirSync(at(relativePath), { recursive: true })
  return {
    path,
    at,
    folder,
    write(relativePath, content) {
      folder(dirname(relativePath))
      writeFileSync(at(relativePath), typeof content === 'string' ? content : JSON.stringify(content))
    },
    link(relativePath, target) {
      folder(dirname(relativePath))
      symlinkSync(target, at(relativePath))
    },
    giveTo: (uid, gid) => giveTo(path, uid, gid),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** A recursive `readdir` would follow links, and give away what they lead to. */
function giveTo(folder: string, uid: number, gid: number): void {
  lchownSync(folder, uid, gid)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) giveTo(join(folder, entry.name), uid, gid)
    else lchownSync(join(folder, entry.name), uid, gid)
  }
}

export interface FixtureExtension {
  readonly id: string
  readonly version?: string
  readonly manifest?: Readonly<Record<string, unknown>>
  /** The record in the preferences; none when absent. */
  readonly settings?: Readonly<Record<string, unknown>>
}

/** One Chromium profile: `Extensions/<id>/<version>/manifest.json` and the two preference files. */
export function writeChromiumProfile(
  home: FixtureHome,
  profile: string,
  extensions: readonly FixtureExtension[],
): void {
  for (const { id, version, manifest } of extensions) {
    if (manifest !== undefined) home.write(`${profile}/Extensions/${id}/${version ?? '1.0_0'}/manifest.json`, manifest)
  }
  const settings = Object.fromEntries(extensions.flatMap(({ id, settings }) => (settings ? [[id, settings]] : [])))
  home.write(`${profile}/Preferences`, { profile: { name: 'Person 1' } })
  home.write(`${profile}/Secure Preferences`, { extensions: { settings } })
}

/** One Firefox profile beside a `profiles.ini` that lists it. */
export function writeFirefoxProfile(home: FixtureHome, root: string, addons: readonly unknown[]): void {
  home.write(
    `${root}/profiles.ini`,
    '[Install4F96D1932A9F858E]\nDefault=abcd.default\nLocked=1\n\n[Profile0]\nName=default\nIsRelative=1\nPath=abcd.default\nDefault=1\n\n[General]\nStartWithLastProfile=1\n',
  )
  home.write(`${root}/abcd.default/extensions.json`, { schemaVersion: 37, addons })
}
