import { readFileSync } from 'node:fs'
import { get, type RequestOptions } from 'node:https'
import { join } from 'node:path'
import { runDirectory, serveForAll } from '../../support/directory/directory-process.ts'

/** What a monitoring system sees of a real server. */

const directory = serveForAll()
const profile = (path = 'administrator.json') => JSON.parse(readFileSync(join(directory.path, path), 'utf8'))

async function ask(path: string, { token, ca = profile().ca }: { readonly token?: string; readonly ca?: string } = {}) {
  const headers: RequestOptions['headers'] = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number | undefined
    type: string
    text: string
  }>()
  const request = get(new URL(path, directory.server.api), { ca, headers, agent: false }, async (response) => {
    let text = ''
    for await (const chunk of response.setEncoding('utf8')) text += chunk
    resolve({ status: response.statusCode, type: response.headers['content-type'] ?? '', text })
  })
  request.on('error', reject)
  return await promise
}

/** The sample of a series without labels. */
async function sampleOf(series: string): Promise<number> {
  const { text } = await ask('/metrics', { token: profile().token })
  const [, value] = new RegExp(`^surety_directory_${series} (.*)$`, 'm').exec(text) ?? []
  return Number(value)
}

const command = async (...args: readonly string[]) => {
  const ended = await runDirectory([...args, '--data', directory.path])
  expect(ended).toMatchObject({ exitCode: 0 })
  return ended.stdout
}

test('health is open to all, over TLS with the certificate of the directory', async () => {
  expect(await ask('/healthz')).toEqual({ status: 200, type: 'text/plain; charset=utf-8', text: 'ok\n' })
  await expect(ask('/healthz', { ca: '' })).rejects.toMatchObject({ code: expect.stringMatching(/CERT|ISSUER|SELF/) })
})

test.each(['/metrics', '/health', '/api/v1/metrics'])('%s tells a stranger nothing', async (path) => {
  expect(await ask(path)).toMatchObject({ status: 401 })
  expect(await ask(path, { token: `surety_svc_${'A'.repeat(43)}` })).toMatchObject({ status: 401 })
})

test('metrics are those of the running process, in the format that Prometheus reads', async () => {
  const { status, type, text } = await ask('/metrics', { token: profile().token })
  expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
  for (const line of text.trimEnd().split('\n')) {
    expect(line).toMatch(
      /^(# (HELP|TYPE) surety_directory_\w+ .+|surety_directory_\w+(\{\w+="[^"\\]*"(,\w+="[^"\\]*")*\})? [0-9.e+-]+)$/,
    )
  }
  expect(await sampleOf('resident_memory_bytes')).toBeGreaterThan(10_000_000)
  expect(await sampleOf('cpu_seconds_total')).toBeGreaterThan(0)
  expect(await sampleOf('devices_connected')).toBe(0)
})

test('metrics follow what people do', async () => {
  const before = [await sampleOf('tokens_usable'), await sampleOf('events_total')]
  await command('token', 'create', '--owner', 'ada@example.org')
  const [tokens = 0, events = 0] = before
  expect(await sampleOf('tokens_usable')).toBe(tokens + 1)
  expect(await sampleOf('events_total')).toBeGreaterThan(events)
})

test('a service may watch with the scope read, not with decide, nor once revoked', async () => {
  for (const scope of ['read', 'decide']) {
    await command('services', 'add', scope, '--scope', scope, '--out', join(directory.path, `${scope}.json`))
  }
  const [read, decide] = [profile('read.json'), profile('decide.json')]
  expect(await ask('/metrics', read)).toMatchObject({ status: 200 })
  expect(await ask('/metrics', decide)).toMatchObject({ status: 403, text: expect.stringContaining('NOT_PERMITTED') })
  await command('services', 'revoke', 'read', '--yes')
  expect(await ask('/metrics', read)).toMatchObject({ status: 401 })
  expect(await ask('/healthz')).toMatchObject({ status: 200 })
})
