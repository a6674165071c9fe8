import { request } from 'node:https'
import { apiClient } from '../../../src/admin/connection/api-client.ts'
import { list } from '../../../src/admin/nouns/call.ts'
import { createdStopReader, stops } from '../../../src/protocol/nouns/agents/stops.ts'
import { profileOf } from '../../support/daemon/enrolled-daemon.ts'
import { serveDirectory } from '../../support/directory/directory-process.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const KEYS = Array.from({ length: 60 }, (_, at) => `key-${at}`)

/** @returns the id of the stop; undefined without an answer. */
function create(profile: ReturnType<typeof profileOf>, key: string): Promise<string | undefined> {
  const body = JSON.stringify({ kind: 'freeze', selector: { product: key }, reason: 'r' })
  return new Promise((resolve) => {
    const sent = request(`${profile.url}/api/v1/stops`, {
      method: 'POST',
      ca: profile.ca,
      agent: false,
      headers: { authorization: `Bearer ${profile.token}`, 'content-type': 'application/json', 'idempotency-key': key },
    })
    sent.on('error', () => resolve(undefined))
    sent.on('response', async (response) => {
      let text = ''
      try {
        for await (const chunk of response.setEncoding('utf8')) text += chunk
        resolve(response.statusCode === 201 ? createdStopReader.readJson(text).stop?.id : undefined)
      } catch {
        resolve(undefined)
      }
    })
    sent.end(body)
  })
}

test('killed between requests and answers, a directory carries out each key once', async () => {
  using folder = temporaryFolder()
  const before = await serveDirectory(folder.path)
  let answered = 0
  const first = await Promise.all(
    KEYS.map(async (key, at) => {
      const id = await create(profileOf(folder.path), key)
      if (id !== undefined && ++answered === 10) before.kill('SIGKILL')
      return { at, id }
    }),
  )
  await before.ended
  // Otherwise nothing was cut off.
  expect(first.some(({ id }) => id === undefined)).toBe(true)
  await using _after = await serveDirectory(folder.path)
  const profile = profileOf(folder.path)
  const again: (string | undefined)[] = []
  for (const key of KEYS) again.push(await create(profile, key))
  for (const { at, id } of first) expect(again[at]).toBe(id ?? again[at])
  const { items } = await list(apiClient(profile), stops)
  expect(items.map(({ id }) => id).toSorted()).toEqual([...new Set(again)].toSorted())
  expect(items).toHaveLength(KEYS.length)
}, 120_000)
