/** `surety-directory`: the server, and the command line that talks to it. */

import { apiClient } from './admin/connection/api-client.ts'
import { runProgram } from './admin/run-program.ts'
import { readClientEnvironment } from './config/client.ts'
import { coloursWanted } from './config/colours.ts'
import { loadDirectoryConfig } from './config/directory.ts'

// The server is loaded only by the commands that need it: the others start in a fraction of the time.
await runProgram({
  colour: coloursWanted(),
  client: readClientEnvironment(),
  loadConfig: loadDirectoryConfig,
  apiOf: apiClient,
  serve: async (...given) => (await import('./directory/serve.ts')).serve(...given),
  resetAdministrator: async (config) =>
    (await import('./directory/local/reset-administrator.ts')).resetAdministrator(config),
  setup: async () => (await import('./directory/local/setup.ts')).setup,
  backups: async () => (await import('./directory/local/backups.ts')).backups,
  updates: async () => (await import('./directory/local/updates.ts')).updates,
  demonstration: async () =>
    (await import('./directory/demonstration/history/demonstration-folder.ts')).makeDemonstration,
  anchors: async () => (await import('./directory/local/anchors.ts')).anchors,
})
