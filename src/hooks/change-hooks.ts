import { once } from 'node:events'
import { chmod, mkdir, rmdir, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { equalBytes, utf8 } from '../base/bytes.ts'
import { SuretyError } from '../base/errors.ts'
import type { HookClient } from '../protocol/gate/hook-clients.ts'
import { errnoOf } from '../system/files/file-errors.ts'
import { writeDurably } from '../system/files/own/durable-file.ts'
import { syncFolder } from '../system/files/own/durable-folder.ts'
import { newFile } from '../system/files/own/new-file.ts'
import type { ClientFile, HookSettings } from './clients/client-file.ts'
import { digestOf, placeState, renderFor } from './file-state.ts'
import { type KeptFile, KeptFiles } from './kept-files.ts'
import { readTrustedPlace, requireTrustedProgram, type TrustedPlace } from './trusted-place.ts'

/** Puts the hook into the files of clients on Linux, and takes it out again. */

export interface HookChange {
  readonly client: HookClient
  readonly file: string
  /** `unchanged`: it was there already. `not-installed`: there was nothing to undo. */
  readonly outcome: 'installed' | 'unchanged' | 'restored' | 'removed' | 'not-installed'
  /** Where the changed file lies that was replaced. */
  readonly changedFile?: string
}

export interface ChangeInit {
  /** The folder that stands for `/`. */
  readonly root: string
  readonly dryRun: boolean
}

export interface GatePlace {
  readonly socket: string
  /** For tests; else longer than a gate takes that suretyd starts. */
  readonly withinMs?: number | undefined
}

/** A change that nothing speaks against. */
interface Planned {
  readonly change: HookChange
  readonly apply: () => Promise<void>
}

/**
 * Nothing is changed when one of the files is refused.
 *
 * @param init `gate` must answer; undefined for the image of a system.
 * @throws as `readTrustedPlace`, `KeptFiles` and `ClientFile.render`; `NOT_SUPPORTED` without a gate; `CONFLICT` for a file that was changed after an install.
 */
export async function installHooks(
  files: readonly ClientFile[],
  init: ChangeInit & { readonly settings: HookSettings; readonly gate: GatePlace | undefined },
): Promise<readonly HookChange[]> {
  requireTrustedProgram(init.root, init.settings.program)
  const kept = new KeptFiles(init.root)
  const planned = await inTurn(files, (file) => plannedInstall(file, kept, init))
  if (init.gate === undefined || init.dryRun) return await carryOut(planned, init)
  await kept.wantGate()
  try {
    await gateAnswers(init.gate)
    return await carryOut(planned, init)
  } finally {
    await kept.wantNoGate()
  }
}

/** @throws as `installHooks`; `CONFLICT` without `force` for a file that was changed after the install. */
export async function uninstallHooks(
  files: readonly ClientFile[],
  init: ChangeInit & { readonly force: boolean },
): Promise<readonly HookChange[]> {
  const kept = new KeptFiles(init.root)
  return await carryOut(await inTurn(files, (file) => plannedUninstall(file, kept, init)), init)
}

async function inTurn<T>(files: readonly ClientFile[], plan: (file: ClientFile) => Promise<T>): Promise<readonly T[]> {
  const all: T[] = []
  for (const file of files) all.push(await plan(file))
  return all
}

async function carryOut(all: readonly Planned[], { dryRun }: ChangeInit): Promise<readonly HookChange[]> {
  if (!dryRun) for (const { apply } of all) await apply()
  return all.map(({ change }) => change)
}

async function plannedInstall(
  file: ClientFile,
  keptFiles: KeptFiles,
  { root, settings }: ChangeInit & { readonly settings: HookSettings },
): Promise<Planned> {
  const { client } = file
  const kept = await keptFiles.read(client)
  const place = await readTrustedPlace(root, file.places.linux)
  if (placeState(place, kept) === 'changed') throw wasChanged(client, place)
  // Always from the original, so that what an older version added does not stay.
  const original = kept === undefined ? originalOf(place) : kept.original
  const text = utf8(await renderFor(file, { path: place.path, ...(original && { bytes: original.bytes }) }, settings))
  if (place.bytes !== undefined && equalBytes(place.bytes, text)) return unchanged(client, place, 'unchanged')
  const digest = digestOf(text)
  const now: KeptFile = {
    file: file.places.linux,
    folders: kept?.folders ?? place.missingFolders.map((folder) => withoutRoot(root, folder)),
    written: [digest],
    ...(original && { original }),
  }
  return {
    change: { client, file: place.path, outcome: 'installed' },
    async apply() {
      // Until the file is replaced, what an install before wrote is ours too.
      await keptFiles.write(client, { ...now, written: [digest, ...(kept?.written ?? [])].slice(0, 2) })
      await makeFolders(place.missingFolders)
      await writeDurably(place.path, text, { mode: 0o644 })
      if (kept !== undefined) await keptFiles.write(client, now)
    },
  }
}

async function plannedUninstall(
  file: ClientFile,
  keptFiles: KeptFiles,
  { root, force }: ChangeInit & { readonly force: boolean },
): Promise<Planned> {
  const { client } = file
  const kept = await keptFiles.read(client)
  const place = await readTrustedPlace(root, file.places.linux)
  if (kept === undefined) return unchanged(client, place, 'not-installed')
  const state = placeState(place, kept)
  if (state === 'changed' && !force) throw wasChanged(client, place)
  const { original } = kept
  const aside = state === 'changed' && place.bytes !== undefined ? `${place.path}.changed` : undefined
  return {
    change: {
      client,
      file: place.path,
      outcome: original === undefined ? 'removed' : 'restored',
      ...(aside !== undefined && { changedFile: aside }),
    },
    async apply() {
      if (aside !== undefined && place.bytes !== undefined) await keepAside(aside, place.bytes)
      if (original !== undefined && state !== 'original') {
        await makeFolders(place.missingFolders)
        await writeDurably(place.path, original.bytes, { mode: original.mode })
      }
      if (original === undefined) {
        if (place.bytes !== undefined) await removeFile(place.path)
        await removeEmpty(kept.folders.map((folder) => join(root, folder)))
      }
      await keptFiles.remove(client)
    },
  }
}

function unchanged(client: HookClient, { path }: TrustedPlace, outcome: HookChange['outcome']): Planned {
  return { change: { client, file: path, outcome }, apply: async () => undefined }
}

function originalOf({ bytes, mode }: TrustedPlace): KeptFile['original'] {
  return bytes === undefined || mode === undefined ? undefined : { bytes, mode }
}

function wasChanged(client: HookClient, { path, bytes }: TrustedPlace): SuretyError {
  const what = bytes === undefined ? 'removed' : 'changed'
  const undo = `surety hooks uninstall --client ${client} --force`
  const message = `${JSON.stringify(path)} was ${what} after the install: undo that, or restore what was there before with: ${undo}`
  return new SuretyError('CONFLICT', message)
}

function withoutRoot(root: string, path: string): string {
  return root === '/' ? path : path.slice(root.length)
}

/** Clients run as users, who must be able to look into them, whatever the umask. */
async function makeFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    try {
      await mkdir(folder, { mode: 0o755 })
      await chmod(folder, 0o755)
      await syncFolder(dirname(folder))
    } catch (cause) {
      throw failed('make the folder', folder, cause)
    }
  }
}

async function keepAside(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await newFile(path)
  await file.fill(bytes)
}

async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path)
    await syncFolder(dirname(path))
  } catch (cause) {
    throw failed('remove', path, cause)
  }
}

/** What others put into a folder keeps it. */
async function removeEmpty(folders: readonly string[]): Promise<void> {
  for (const folder of folders.toReversed()) {
    try {
      await rmdir(folder)
    } catch (cause) {
      if (['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errnoOf(cause) ?? '')) return
      throw failed('remove the folder', folder, cause)
    }
  }
}

function failed(what: string, path: string, cause: unknown): SuretyError {
  return new SuretyError('STORE_FAILED', `cannot ${what} ${JSON.stringify(path)}: ${errnoOf(cause) ?? 'failed'}`, {
    cause,
  })
}

/** suretyd looks each second whether a gate is wanted, and starts it within a second. */
const WITHIN_MS = 20_000
const LOOK_EVERY_MS = 200

/** Waits for the gate: without one, each client would refuse every act. @throws `NOT_SUPPORTED`. */
async function gateAnswers({ socket, withinMs = WITHIN_MS }: GatePlace): Promise<void> {
  const until = performance.now() + withinMs
  while (!(await canConnect(socket))) {
    if (performance.now() > until) {
      const message = `no gate answers at ${JSON.stringify(socket)}, so agents would be refused every act: start suretyd first, and see its log`
      throw new SuretyError('NOT_SUPPORTED', message)
    }
    await sleep(LOOK_EVERY_MS)
  }
}

async function canConnect(path: string): Promise<boolean> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
