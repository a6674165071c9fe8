import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type GatePlace, type HookChange, installHooks, uninstallHooks } from '../../src/hooks/change-hooks.ts'
import { chosenClients, HOOK_PROGRAMS, hookSettings } from '../../src/hooks/hook-files.ts'
import { type HookState, hookStateOf } from '../../src/hooks/list-hooks.ts'
import type { HookClient } from '../../src/protocol/gate/hook-clients.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** A system in a folder, with the package of Surety in it. */
export interface MadeSystem extends Disposable {
  readonly root: string
  at(path: string): string
  write(path: string, content: string | Uint8Array, mode?: number): void
  /** All that is below `/etc`: folders, and files with mode and bytes. */
  etc(): Readonly<Record<string, string>>
  /** All that is below the state folder. */
  state(): Readonly<Record<string, string>>
  install(
    clients?: readonly HookClient[],
    init?: { onlyManaged?: boolean; dryRun?: boolean; gate?: GatePlace },
  ): Promise<readonly HookChange[]>
  uninstall(
    clients?: readonly HookClient[],
    init?: { force?: boolean; dryRun?: boolean },
  ): Promise<readonly HookChange[]>
  stateOf(client: HookClient): Promise<HookState>
}

export const PLACES = Object.fromEntries(
  chosenClients([]).files.map(({ client, places }) => [client, places.linux]),
) as Readonly<Record<HookClient, string>>

export function madeSystem(): MadeSystem {
  const folder = temporaryFolder({ inMemory: true })
  const root = folder.path
  const at = (path: string) => join(root, path)
  const write = (path: string, content: string | Uint8Array, mode = 0o644) => {
    mkdirSync(dirname(at(path)), { recursive: true, mode: 0o755 })
    writeFileSync(at(path), content)
    chmodSync(at(path), mode)
  }
  for (const path of ['etc', 'var/lib/surety']) mkdirSync(at(path), { recursive: true, mode: 0o755 })
  write(HOOK_PROGRAMS.linux, 'a program', 0o755)
  const filesOf = (clients: readonly HookClient[] = []) => chosenClients(clients).files
  return {
    root,
    at,
    write,
    etc: () => contentOf(at('etc')),
    state: () => contentOf(at('var/lib/surety')),
    install: async (clients, { onlyManaged = false, dryRun = false, gate } = {}) =>
      await installHooks(filesOf(clients), { root, settings: hookSettings('linux', onlyManaged), dryRun, gate }),
    uninstall: async (clients, { force = false, dryRun = false } = {}) =>
      await uninstallHooks(filesOf(clients), { root, force, dryRun }),
    async stateOf(client) {
      const [file] = filesOf([client])
      if (file === undefined) throw new Error(`${client} has no file`)
      return await hookStateOf(file, { root, settings: hookSettings('linux', false) })
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  }
}

function contentOf(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()
  return Object.fromEntries(
    names.map((name) => {
      const path = join(folder, name)
      const stat = lstatSync(path)
      const mode = (stat.mode & 0o7777).toString(8)
      if (stat.isSymbolicLink()) return [name, `link to ${readlinkSync(path)}`]
      if (!stat.isFile()) return [name, mode]
      const content = stat.size > 16 * 1024 * 1024 ? `${stat.size} bytes` : readFileSync(path).toString('base64')
      return [name, `${mode} ${content}`]
    }),
  )
}
