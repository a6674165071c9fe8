import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, lchownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../temporary-folder.ts'

/** Another user of the machine, who was there before our programs. */

export const MALLORY = 4242
const ROOT = process.geteuid?.() === 0

/** `test` for root, who alone can be another user; else the tests are skipped, aloud. @param what they are about. */
export function asRoot(what: string): typeof test | typeof test.skip {
  if (!ROOT) process.stderr.write(`skipped: ${what} needs root\n`)
  return ROOT ? test : test.skip
}

/** Runs a program with the rights of that user. @throws when it fails. */
export function asMallory(path: string, ...args: readonly string[]): void {
  execFileSync(path, args, { uid: MALLORY, gid: MALLORY, stdio: ['ignore', 'ignore', 'pipe'] })
}

/** A temporary folder that other users can enter. */
export function enterableFolder(): ReturnType<typeof temporaryFolder> {
  const folder = temporaryFolder()
  chmodSync(folder.path, 0o755)
  return folder
}

export function made(path: string, mode = 0o700): string {
  mkdirSync(path)
  chmodSync(path, mode)
  return path
}

/** A file of ours. */
export function file(folder: string, name: string, mode = 0o600): string {
  const path = join(folder, name)
  writeFileSync(path, 'x')
  chmodSync(path, mode)
  return path
}

/** Puts something at `path` that belongs to the other user. */
export function planted(path: string, kind: 'file' | 'folder' | 'link'): void {
  if (kind === 'link') symlinkSync('/etc/passwd', path)
  else if (kind === 'folder') mkdirSync(path)
  else writeFileSync(path, '')
  if (kind === 'link') lchownSync(path, MALLORY, MALLORY)
  else chownSync(path, MALLORY, MALLORY)
}

/** A file that is to stay as it is, and a data folder beside it. */
export function withVictim() {
  const folder = temporaryFolder()
  const victim = file(folder.path, 'victim')
  return { victim, data: made(join(folder.path, 'data')), [Symbol.dispose]: folder[Symbol.dispose] }
}
