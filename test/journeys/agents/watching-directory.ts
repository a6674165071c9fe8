import { setTimeout as delay } from 'node:timers/promises'
import { apiClient } from '../../../src/directory/commands/api-client.ts'
import { createdTokenReader } from '../../../src/protocol/api-administration.ts'
import { type SeenAgent, seenAgentPageReader } from '../../../src/protocol/api-fleet.ts'
import { serveDirectory } from '../../support/directory-process.ts'
import { profileOf } from '../house.ts'
import { inVain } from './patience.ts'

/** A real `surety-directory` in a process of its own, and what its register says of agents. */
export interface WatchingDirectory extends AsyncDisposable {
  /** What a device enrols with. */
  enrolment(): Promise<string>
  /** What `surety-directory agents list` asks, with this filter. */
  agents(query: string): Promise<readonly SeenAgent[]>
  /** The first answer that `holds`. @throws with the last one when none does within the time. */
  until(
    query: string,
    holds: (agents: readonly SeenAgent[]) => boolean,
    patience: { readonly withinMs: number },
  ): Promise<readonly SeenAgent[]>
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
  return {
    async enrolment() {
      const request = { owner: 'ada@example.org', minimumTier: 'software' }
      return (await api.ask('POST', '/tokens', createdTokenReader, request)).enrolment
    },
    agents,
    async until(query, holds, { withinMs }) {
      for (const deadline = performance.now() + withinMs; ; await delay(100)) {
        const found = await agents(query)
        if (holds(found)) return found
        if (performance.now() > deadline) throw inVain(withinMs, JSON.stringify(found, undefined, 1))
      }
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  }
}
