import { apiClient } from '../../../../src/admin/connection/api-client.ts'
import { type StopView, stopReader } from '../../../../src/protocol/nouns/agents/stops.ts'
import { type SeenAgent, seenAgentPageReader } from '../../../../src/protocol/nouns/devices/fleet.ts'
import { createdTokenReader } from '../../../../src/protocol/nouns/enrolment/tokens.ts'
import { profileOf } from '../../../support/daemon/enrolled-daemon.ts'
import { runDirectory, serveDirectory } from '../../../support/directory/directory-process.ts'
import { waitFor } from '../../../support/wait-for.ts'

/** A real `surety-directory` in a process of its own, and what its register says of agents. */
export interface WatchingDirectory extends AsyncDisposable {
  /** What a device enrols with. */
  enrolment(): Promise<string>
  /** What `surety-directory agents list` asks, with this filter. */
  agents(query: string): Promise<readonly SeenAgent[]>
  /** The first answer that `holds`. @throws with the last one when none does within the time. */
  until(query: string, holds: (agents: readonly SeenAgent[]) => boolean): Promise<readonly SeenAgent[]>
  /** `surety-directory stops create` with these options. @returns the stop, once every device has answered. */
  stop(...options: readonly string[]): Promise<StopView>
  /** `surety-directory stops release`. Resolves once every device has answered. */
  release(stop: string): Promise<StopView>
}

export async function watchWithDirectory(dataFolder: string): Promise<WatchingDirectory> {
  const directory = await serveDirectory(dataFolder)
  const api = apiClient(profileOf(dataFolder))
  const agents = async (query: string) => {
    const all: SeenAgent[] = []
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const page: { items: SeenAgent[]; next?: string } = await api.ask(
        'GET',
        `/agents?${query}&limit=200${from}`,
        seenAgentPageReader,
      )
      all.push(...page.items)
      cursor = page.next
    }
    return all
  }
  const run = async (...args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await runDirectory(['stops', ...args, '--data', dataFolder])
    if (exitCode !== 0) throw new Error(stderr)
    return stdout
  }
  const done = (stop: string) =>
    waitFor(`every device to answer ${stop}`, () => api.ask('GET', `/stops/${stop}`, stopReader), {
      until: ({ progress }) => progress.done,
      everyMs: 50,
    })
  return {
    async enrolment() {
      const request = { owner: 'ada@example.org', minimumTier: 'software' }
      return (await api.ask('POST', '/tokens', createdTokenReader, request)).enrolment
    },
    agents,
    until: (query, holds) => waitFor(`agents ${query}`, () => agents(query), { until: holds, everyMs: 100 }),
    async stop(...options) {
      const { stop } = JSON.parse(await run('create', ...options, '--reason', 'a test', '--json'))
      return await done(stopReader.read(stop).id)
    },
    async release(stop) {
      await run('release', stop, '--reason', 'over')
      return await done(stop)
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  }
}
