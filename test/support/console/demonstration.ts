import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeError } from '../../../src/base/errors.ts'
import { loadDirectoryConfig } from '../../../src/config/directory.ts'
import { makeDemonstration } from '../../../src/directory/demonstration/history/demonstration-folder.ts'
import type { AdministratorRole } from '../../../src/protocol/noun/permissions.ts'
import { openDatabase } from '../../../src/system/sqlite/sqlite.ts'
import { ask } from '../directory/directory-api.ts'
import { serveDirectory } from '../directory/directory-process.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { waitFor } from '../wait-for.ts'
import { builtConsole } from './built-console.ts'

/** A directory with made-up data whose console a browser opens. Its devices answer stops. */

export interface ServedDemonstration extends AsyncDisposable {
  /** Of the console. */
  readonly url: string
  /** A request of the first administrator to the API. @throws unless it succeeds. @returns the answer's JSON. */
  api(method: string, path: string, body?: object): Promise<Readonly<Record<string, unknown>>>
  /** The same of another path than those below `/api/v1`. */
  root(method: string, path: string, body?: object): Promise<Readonly<Record<string, unknown>>>
  /** A link that enrols a passkey. @param role adds the administrator. */
  invite(name: string, role?: AdministratorRole): Promise<string>
  /** A link for a person of the register, who administers nothing. */
  invitePerson(id: string): Promise<string>
  /** By another connection, between two transactions of the directory. For time that a test does not wait for. */
  exec(sql: string): Promise<void>
}

export interface DemonstrationInit {
  readonly devices: number
  /** Of `serve`. */
  readonly args?: readonly string[]
}

/** With agents in the inbox, however few devices there are. */
const SEED = 2

export async function serveDemonstration({ devices, args = [] }: DemonstrationInit): Promise<ServedDemonstration> {
  return serveFolder(args, async (data) => {
    const { config } = loadDirectoryConfig({ flags: { data }, file: undefined })
    const { signal } = new AbortController()
    await makeDemonstration(config, { devices, seed: SEED, progress: () => undefined, signal })
  })
}

/** A directory that is no demonstration, and which no device knows. */
export function serveEmptyDirectory(): Promise<ServedDemonstration> {
  return serveFolder([], async () => undefined)
}

/** @param fill makes what is in the data folder before the directory starts. */
async function serveFolder(
  args: readonly string[],
  fill: (data: string) => Promise<void>,
): Promise<ServedDemonstration> {
  builtConsole()
  await using opened = new AsyncDisposableStack()
  const folder = opened.use(temporaryFolder({ inMemory: true }))
  const data = join(folder.path, 'demonstration')
  await fill(data)
  const server = opened.use(await serveDirectory(data, args))
  const { token, ca } = JSON.parse(readFileSync(join(data, 'administrator.json'), 'utf8'))
  const root: ServedDemonstration['root'] = async (method, path, body) => {
    const answer = await ask(server.api, ca, method, path, {
      token,
      ...(body === undefined ? {} : { body }),
    })
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.text}`)
    // Answers of the API are objects.
    return answer.json as Readonly<Record<string, unknown>>
  }
  const api: ServedDemonstration['api'] = (method, path, body) => root(method, `/api/v1${path}`, body)
  const owned = opened.move()
  return {
    url: server.console,
    api,
    root,
    invite: async (name, role) => {
      const { link } = await api('POST', '/administrators/invitations', { name, ...(role && { role }) })
      return String(link)
    },
    invitePerson: async (id) => String((await api('POST', `/humans/${id}/invitation`)).link),
    async exec(sql) {
      using database = openDatabase(join(data, 'directory.sqlite'), { busyTimeoutMs: 0 })
      await waitFor('the directory to end its transaction', () => {
        try {
          database.exec(sql)
          return true
        } catch (error) {
          if (describeError(error).includes('is locked')) return false
          throw error
        }
      })
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
