import { HOOK_CLIENTS, HOOK_SECONDS, type HookClient } from '../protocol/gate/hook-clients.ts'
import type { PlatformName } from '../system/platform.ts'
import type { ClientFile, HookSettings } from './clients/client-file.ts'
import { CLIENT_FILES } from './clients/client-files.ts'

/** Where the packages put the program that clients start. */
export const HOOK_PROGRAMS: Readonly<Record<PlatformName, string>> = {
  linux: '/usr/lib/surety/suretyd/surety-hook',
  darwin: '/Library/Surety/suretyd/surety-hook',
  windows: 'C:\\Program Files\\Surety\\suretyd\\surety-hook.exe',
}

/** The hook itself ends before `HOOK_SECONDS`: a client that waits no longer lets its agent act. */
export function hookSettings(system: PlatformName, onlyManaged: boolean): HookSettings {
  return { program: HOOK_PROGRAMS[system], system, seconds: HOOK_SECONDS, onlyManaged }
}

interface ChosenClients {
  readonly files: readonly ClientFile[]
  readonly withoutFile: readonly { readonly client: HookClient; readonly reason: string }[]
}

/** The clients that were named, or all of them. */
export function chosenClients(named: readonly HookClient[]): ChosenClients {
  const clients = HOOK_CLIENTS.filter((client) => named.length === 0 || named.includes(client))
  const files: ClientFile[] = []
  const withoutFile: { client: HookClient; reason: string }[] = []
  for (const client of clients) {
    const file = CLIENT_FILES[client]
    if (typeof file === 'string') withoutFile.push({ client, reason: file })
    else files.push(file)
  }
  return { files, withoutFile }
}
