import type { DeviceVerdict } from '../../../src/protocol/nouns/devices/verdict.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { stopApi } from '../stops/stop-fixture.ts'
import {
  type AccessWorld,
  askDecision,
  postAccess,
  question,
  register,
  seedAccess,
  seedLaptop,
} from './access-fixture.ts'

let directory: TestDirectory
let world: AccessWorld
directoryForAll(async (started) => {
  directory = started
  world = await seedAccess(started)
})

/** As a form, as RFC 7662 wants it. */
async function introspect(token: string) {
  const body = `${new URLSearchParams({ token, token_type_hint: 'access_token' })}`
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const { status, json, text } = await postAccess(directory, 'introspect', { token: world.token, body, headers })
  if (status !== 200) throw new Error(`${status}: ${text}`)
  return json
}
const INACTIVE = { active: false }
const stop = (selector: object) => stopApi(directory).stopped({ kind: 'freeze', selector, reason: 'incident' })

test('a device', async () => {
  const exp = Math.floor((directory.clock.now() + 3_600_000) / 1000)
  expect(await introspect(world.device)).toEqual({
    active: true,
    token_type: 'device',
    sub: world.device,
    owner: 'ada@example.org',
    verdict: 'compliant',
    exp,
  })
  await directory.clock.advance(3_600_001)
  expect(await introspect(world.device)).toEqual(INACTIVE)
})

test('a device that is not compliant, retired or stopped', async () => {
  expect(await introspect(await seedLaptop(directory, { verdict: 'not-compliant' }))).toEqual(INACTIVE)
  await stop({ device: world.device })
  expect(await introspect(world.device)).toEqual(INACTIVE)
  const retired = await seedLaptop(directory)
  await directory.services.devices.retire(retired, 'stolen', 'adm_test')
  expect(await introspect(retired)).toEqual(INACTIVE)
})

test('an agent, by its id and its SPIFFE id', async () => {
  const active = { active: true, token_type: 'agent', sub: world.agent, owner: 'ada@example.org', state: 'active' }
  expect(await introspect(world.agent)).toEqual(active)
  expect(await introspect(`spiffe://example.org/agent/${world.agent}`)).toEqual(active)
})

test('an agent past its end, suspended, waiting or stopped', async () => {
  const expiresAt = directory.clock.now() + 5_000
  const ending = await register(directory, { name: 'ending', expiresAt })
  expect(await introspect(ending)).toMatchObject({ active: true, exp: Math.floor(expiresAt / 1000) })
  await directory.clock.advance(5_000)
  expect(await introspect(ending)).toEqual(INACTIVE)
  expect(await introspect(await register(directory, { name: 'waiting', state: 'provisioning' }))).toEqual(INACTIVE)
  await stop({ product: 'claude-code' })
  expect(await introspect(world.agent)).toEqual(INACTIVE)
})

test('a signed decision that allows, until its end', async () => {
  const { context } = await askDecision(directory, world.token, question(world))
  expect(await introspect(context.jws)).toEqual({
    active: true,
    token_type: 'decision',
    sub: 'ada@example.org',
    iat: Math.floor(context.issuedAt / 1000),
    exp: Math.floor(context.validUntil / 1000),
  })
  await directory.clock.advance(60_001)
  expect(await introspect(context.jws)).toEqual(INACTIVE)
})

test('a signed decision that denies, or was changed', async () => {
  const denied = await askDecision(directory, world.token, question(world, { context: {} }))
  expect(await introspect(denied.context.jws)).toEqual(INACTIVE)
  const { context } = await askDecision(directory, world.token, question(world))
  const [header, payload = '', signature] = context.jws.split('.')
  const other = Buffer.from(`${Buffer.from(payload, 'base64url')}`.replace('crm', 'erp')).toString('base64url')
  expect(await introspect([header, other, signature].join('.'))).toEqual(INACTIVE)
})

test('a signed verdict', async () => {
  const { json } = await directory.ask('GET', `/api/v1/devices/${world.device}/verdict`)
  expect(await introspect((json as DeviceVerdict).jws)).toMatchObject({
    active: true,
    token_type: 'verdict',
    sub: world.device,
  })
})

test.each([
  ['a token of an administrator', () => directory.token],
  ['an id of no device', () => `dev_${'A'.repeat(22)}`],
  ['an id of no agent', () => `agt_${'A'.repeat(22)}`],
  ['a person', () => world.ada],
  ['nonsense', () => '..'],
])('%s is not active, and nothing else is said', async (_, token) => {
  expect(await introspect(token())).toEqual(INACTIVE)
})

test.each([
  ['no token', 'token_type_hint=x'],
  ['two tokens', 'token=a&token=b'],
  ['an empty one', 'token='],
])('%s is a bad request', async (_, body) => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  expect((await postAccess(directory, 'introspect', { token: world.token, body, headers })).status).toBe(400)
})
