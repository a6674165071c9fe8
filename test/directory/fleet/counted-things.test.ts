import { RISK_BITS } from '../../../src/directory/store/migrations/0010-counted-things.ts'
import { RISKS } from '../../../src/protocol/risks.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { RISKY_SIGHTINGS } from '../../support/protocol/risky-sightings.ts'
import {
  agentSighting as agent,
  extensionSighting as extension,
  mcpServerSighting as mcpServer,
  unknownAgent as unknown,
} from '../../support/protocol/sample-sightings.ts'
import { ask, deviceWith, found, tell } from './fleet-questions.ts'

let directory: TestDirectory
directoryForAll((started) => {
  directory = started
})

const autonomous = { autonomy: { level: 'autonomous' as const, because: [] } }
const items = async (path: string): Promise<readonly Record<string, unknown>[]> =>
  Object((await ask(directory, path)).json).items
const products = async (query = '') =>
  (await items(`/agent-products${query}`)).map(
    ({ key, devices, sightings, running, autonomous: free, versions }) =>
      `${key}: ${devices} ${sightings} ${running} ${free} ${versions}`,
  )

test('the store knows each risk by the word of the protocol', () => {
  expect(RISK_BITS).toEqual(RISKS)
})

test.each(RISKY_SIGHTINGS)('%#: counts the risks that a person is shown of a sighting', async (sighting, risks) => {
  const device = await deviceWith(directory, sighting)
  const counted = (await items('/risks')).map(({ risk, sightings, devices }) => [risk, sightings, devices])
  expect(counted).toEqual(risks.toSorted().map((risk) => [risk, 1, 1]))
  await tell(directory, device, [])
  expect(await items('/risks')).toEqual([])
})

test('what is switched off has no risk', async () => {
  await deviceWith(directory, mcpServer('1', { plaintextSecret: true, enabled: false }))
  expect([await items('/risks'), await found(directory, '/mcp-servers?risk=secret-in-file')]).toEqual([[], ''])
})

test('counts agents by product, and forgets what ended or is on a retired device', async () => {
  const first = await deviceWith(directory, agent('1', autonomous), agent('2', { version: '2.0.0' }), unknown('3'))
  const second = await deviceWith(directory, agent('4', { state: 'installed' }))

  expect(await products()).toEqual(['claude-code: 2 3 2 1 2', 'unknown/deskbot: 1 1 1 0 0'])
  expect(await products('?unrecognised=yes')).toEqual(['unknown/deskbot: 1 1 1 0 0'])
  expect(await products('?autonomous=yes')).toEqual(['claude-code: 2 3 2 1 2'])
  expect(await products('?search=DESK')).toEqual(['unknown/deskbot: 1 1 1 0 0'])
  expect(await products('?sort=name&order=descending')).toEqual([
    'unknown/deskbot: 1 1 1 0 0',
    'claude-code: 2 3 2 1 2',
  ])

  await tell(directory, first, [agent('1')])
  expect(await products()).toEqual(['claude-code: 2 2 1 0 1'])
  expect(await found(directory, '/agents?risk=autonomous')).toBe('')
  await tell(directory, first, [agent('1', autonomous)])
  expect(await found(directory, '/agents?risk=autonomous')).toBe('1')
  const retired = await directory.ask('POST', `/api/v1/devices/${first}/retire`, { body: { reason: 'lost' } })
  expect(retired.status).toBe(200)
  expect(await items('/risks')).toEqual([])
  expect(await products()).toEqual(['claude-code: 1 1 0 0 1'])
  expect(await items(`/agents?device=${second}&risk=autonomous`)).toEqual([])
})

test('pages have each product once, those with most devices first, and the total', async () => {
  const names = ['b', 'c', 'a']
  await deviceWith(directory, ...names.map((name, at) => agent(`${at}`, { catalogueId: name })))
  await deviceWith(directory, agent('9', { catalogueId: 'c' }))
  const seen: unknown[] = []
  let cursor = ''
  do {
    const { json } = await ask(directory, `/agent-products?limit=1${cursor}`)
    const page = Object(json)
    seen.push(page.items[0].key, page.total)
    cursor = page.next === undefined ? '' : `&cursor=${page.next}`
  } while (cursor !== '')
  expect(seen).toEqual(['c', 3, 'a', undefined, 'b', undefined])
})

test('says of an MCP server which agents use it and which risks it has', async () => {
  await deviceWith(directory, mcpServer('1', { plaintextSecret: true }), mcpServer('2', { client: 'claude-code' }))
  await deviceWith(directory, mcpServer('3', { plaintextSecret: true }))
  const [server] = await items('/mcp-server-names')
  expect(server).toMatchObject({
    name: 'files',
    devices: 2,
    sightings: 3,
    agents: ['cursor', 'claude-code'],
    risks: [{ risk: 'secret-in-file', sightings: 2 }],
  })
  expect(await found(directory, '/mcp-servers?risk=secret-in-file')).toMatch(/^(13|31)$/)
  expect(await items('/mcp-server-names?risk=no-tls')).toEqual([])
})

test('names the device that has most of a risk', async () => {
  await deviceWith(directory, mcpServer('1', { unpinned: true }))
  const worst = await deviceWith(directory, mcpServer('2', { unpinned: true }), mcpServer('3', { unpinned: true }))
  const [risk] = await items('/risks')
  expect(risk).toMatchObject({ risk: 'not-pinned', sightings: 3, devices: 2, worst: { device: worst, sightings: 2 } })
})

test('counts extensions by product', async () => {
  await deviceWith(directory, extension('1'), extension('2', { profile: 'Work' }))
  expect((await items('/extension-products'))[0]).toMatchObject({ devices: 1, sightings: 2, name: 'Helper' })
})

test.each([
  '/agent-products?sort=nosuch',
  '/agent-products?risk=nosuch',
  '/agent-products?cursor=bm9zdWNo',
  '/agent-products?limit=0',
  '/agent-products?search=',
  '/mcp-server-names?running=yes',
  '/extension-products?autonomous=yes',
  '/agents?risk=nosuch',
  '/mcp-servers?unregistered=yes',
])('%s is refused', async (path) => {
  expect((await ask(directory, path)).status).toBe(400)
})
