import type { CommandComponents } from '../../../src/admin/command/command-line.ts'
import { apiClient } from '../../../src/admin/connection/api-client.ts'
import { runCommands } from '../../../src/admin/run-commands.ts'
import { readClientEnvironment } from '../../../src/config/client.ts'
import { loadDirectoryConfig } from '../../../src/config/directory.ts'
import { makeDemonstration } from '../../../src/directory/demonstration/history/demonstration-folder.ts'
import { anchors } from '../../../src/directory/local/anchors.ts'
import { backups } from '../../../src/directory/local/backups.ts'
import { updates } from '../../../src/directory/local/updates.ts'
import type { TestDirectory } from './directory-api.ts'

/** SGR, cursor, direction, carriage return: what a device could do to a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
export const DANGEROUS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/

/** Commands without a data folder. */
const LOCAL = ['explain', 'login', 'context', 'completion', '__complete', 'help']

/** Runs one command line in this process, against a directory of a test. */
export async function runCommand(
  directory: Pick<TestDirectory, 'clock' | 'folder'>,
  args: readonly string[],
  others: Partial<CommandComponents> = {},
  { data = !args.slice(0, 3).some((word) => LOCAL.includes(word)) }: { readonly data?: boolean } = {},
) {
  const said = { out: '', err: '' }
  const exitCode = await runCommands(
    {
      out: (text) => {
        said.out += text
      },
      err: (text) => {
        said.err += text
      },
      now: () => directory.clock.now(),
      terminal: { columns: undefined, colour: false },
      untilInterrupted: () => new AbortController().signal,
      pause: () => Promise.resolve(),
      client: readClientEnvironment({ HOME: directory.folder }),
      readSecret: () => Promise.reject(new TypeError('not here')),
      loadConfig: ({ flags, file }) => loadDirectoryConfig({ flags, file, environment: {}, policyFolder: '/nowhere' }),
      apiOf: apiClient,
      serve: () => Promise.reject(new TypeError('not here')),
      resetAdministrator: () => Promise.reject(new TypeError('not here')),
      anchors: () => Promise.resolve(anchors),
      backups: () => Promise.resolve(backups),
      setup: () => Promise.reject(new TypeError('not here')),
      updates: () => Promise.resolve(updates),
      demonstration: () => Promise.resolve(makeDemonstration),
      ...others,
    },
    data ? [...args, '--data', directory.folder] : args,
  )
  return { exitCode, ...said }
}
