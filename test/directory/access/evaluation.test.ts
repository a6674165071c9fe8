import { createPublicKey, verify } from 'node:crypto'
import type { AttestationResult } from '../../../src/protocol/messages/attestation-result.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import {
  type AccessWorld,
  addPerson,
  askDecision,
  type Question,
  question,
  register,
  reportAgent,
  rulesIn,
  seedAccess,
  seedLaptop,
} from './access-fixture.ts'

let directory: TestDirectory
let world: AccessWorld
directoryForAll(async (started) => {
  directory = started
  world = await seedAccess(started)
})

const ask = (changes: Question = {}) => askDecision(directory, world.token, question(world, changes))

test('an agent acts for its owner, on a compliant device, inside its scope', async () => {
  const { decision, context } = await ask()
  const now = directory.clock.now()
  expect(decision).toBe(true)
  expect(context).toEqual({
    reasons: [{ rule: 'agents', reason: 'this rule permits it' }],
    policy: { version: 0, hash: expect.stringMatching(/^[\w-]{43}$/) },
    issuedAt: now,
    validUntil: now + 60_000,
    device: { id: world.device, verdict: 'compliant', presence: 'connected', reasons: [] },
    jws: expect.any(String),
  })
})

test('the answer can be kept: it is signed by the key that signs verdicts', async () => {
  const { context } = await ask()
  const { verdicts } = (await directory.ask('GET', '/api/v1/authority')).json as { verdicts: { publicKey: string } }
  const [header = '', payload = '', signature = ''] = context.jws.split('.')
  const key = { key: createPublicKey(verdicts.publicKey), dsaEncoding: 'ieee-p1363' } as const
  expect(verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'))).toBe(true)
  expect(JSON.parse(`${Buffer.from(header, 'base64url')}`)).toEqual({ alg: 'ES256', typ: 'surety-decision+jwt' })
  expect(JSON.parse(`${Buffer.from(payload, 'base64url')}`)).toEqual({
    type: 'decision',
    decision: true,
    subject: { type: 'user', id: 'ada@example.org' },
    action: { name: 'read' },
    resource: { type: 'application', id: 'crm' },
    agent: world.agent,
    device: world.device,
    reasons: context.reasons,
    policy: context.policy,
    issuedAt: context.issuedAt,
    validUntil: context.validUntil,
  })
})

describe('the default policy denies, and names the rule', () => {
  test.each<[string, readonly string[], () => Question]>([
    ['an agent of another owner', ['owner'], () => ({ subject: { type: 'user', id: 'bob@example.org' } })],
    ['an application outside the scope', ['scope'], () => ({ resource: { type: 'application', id: 'payroll' } })],
    [
      'an application that the scope has as a data set',
      ['scope'],
      () => ({ resource: { type: 'application', id: 'invoices' } }),
    ],
    ['a name in another case', ['scope'], () => ({ resource: { type: 'application', id: 'CRM' } })],
    ['a resource of another type', ['scope'], () => ({ resource: { type: 'record', id: 'crm' } })],
    ['no device', ['device', 'on-device'], () => ({ context: { agent: world.agent } })],
    ['no agent', ['none'], () => ({ context: { device: world.device } })],
    ['no context', ['none'], () => ({ context: {} })],
  ])('%s', async (_, rules, changes) => {
    const answer = await ask(changes())
    expect({ decision: answer.decision, rules: rulesIn(answer) }).toEqual({ decision: false, rules })
  })

  test.each<[string, Partial<AttestationResult>]>([
    ['not compliant', { verdict: 'not-compliant' }],
    ['unknown', { verdict: 'unknown' }],
    ['stored as stale', { verdict: 'stale' }],
  ])('a device that is %s, with its reasons', async (_, result) => {
    const reason = { check: 'disk.root-encrypted', state: 'fail', reason: 'not encrypted' } as const
    const device = await seedLaptop(directory, { ...result, reasons: [reason] })
    await reportAgent(directory, device, 'b')
    const { decision, context } = await ask({ context: { agent: world.agent, device } })
    expect({ decision, rules: context.reasons.map(({ rule }) => rule) }).toEqual({ decision: false, rules: ['device'] })
    expect(context.device).toMatchObject({ verdict: result.verdict, reasons: [reason] })
  })

  test('a device whose verdict has become stale since', async () => {
    expect((await ask()).decision).toBe(true)
    await directory.clock.advance(3_600_001)
    const { decision, context } = await ask()
    expect({ decision, verdict: context.device?.verdict }).toEqual({ decision: false, verdict: 'stale' })
  })

  test('a device that does not report the agent', async () => {
    const device = await seedLaptop(directory)
    const answer = await ask({ context: { agent: world.agent, device } })
    expect({ decision: answer.decision, rules: rulesIn(answer) }).toEqual({ decision: false, rules: ['on-device'] })
  })

  test('an agent past its end', async () => {
    const expiresAt = directory.clock.now() + 1_000
    const body = { expiresAt }
    await directory.ask('POST', `/api/v1/registrations/${world.agent}/changes`, { body })
    const before = await ask()
    expect({ decision: before.decision, validUntil: before.context.validUntil }).toEqual({
      decision: true,
      validUntil: expiresAt,
    })
    await directory.clock.advance(1_000)
    const answer = await ask()
    expect({ decision: answer.decision, rules: rulesIn(answer) }).toEqual({ decision: false, rules: ['end'] })
  })

  test('an agent that waits for its first activation', async () => {
    const agent = await register(directory, { name: 'waiting', state: 'provisioning' })
    const answer = await ask({ context: { agent, device: world.device } })
    expect(answer.decision).toBe(false)
    expect(rulesIn(answer)).toContain('registered')
  })
})

describe('what is not known is never allowed', () => {
  test.each<[string, string, () => Question]>([
    ['a person', 'subject-unknown', () => ({ subject: { type: 'user', id: 'eve@example.org' } })],
    ['a type of subject', 'subject-unknown', () => ({ subject: { type: 'robot', id: 'ada@example.org' } })],
    ['a service account', 'subject-unknown', () => ({ subject: { type: 'service-account', id: 'nobody' } })],
    ['an agent', 'agent-unknown', () => ({ context: { device: world.device, agent: `agt_${'A'.repeat(22)}` } })],
    ['an agent by its name', 'agent-unknown', () => ({ context: { device: world.device, agent: 'nightly' } })],
    ['an agent that is a number', 'agent-unknown', () => ({ context: { device: world.device, agent: 7 } })],
    ['an agent that is null', 'agent-unknown', () => ({ context: { device: world.device, agent: null } })],
    ['an agent that is a list', 'agent-unknown', () => ({ context: { device: world.device, agent: [world.agent] } })],
    ['a device', 'device-unknown', () => ({ context: { agent: world.agent, device: `dev_${'A'.repeat(22)}` } })],
    ['a device that is empty', 'device-unknown', () => ({ context: { agent: world.agent, device: '' } })],
    [
      'a device that is an object without an id',
      'device-unknown',
      () => ({ context: { agent: world.agent, device: {} } }),
    ],
  ])('%s', async (_, rule, changes) => {
    const answer = await ask(changes())
    expect({ decision: answer.decision, rules: rulesIn(answer) }).toEqual({ decision: false, rules: [rule] })
  })

  test('a name of two people, and of two devices', async () => {
    await addPerson(directory, 'twin@example.org')
    directory.database
      .prepare(
        "UPDATE humans SET email = 'ada@example.org', email_key = 'ada@example.org' WHERE user_key = 'twin@example.org'",
      )
      .run()
    expect(rulesIn(await ask())).toEqual(['subject-unknown'])
    await seedLaptop(directory)
    const named = {
      subject: { type: 'user', id: world.ada },
      context: { agent: world.agent, device: 'ada@example.org' },
    }
    expect(rulesIn(await ask(named))).toEqual(['device-unknown'])
  })

  test('a person who left, and a device that is retired', async () => {
    await directory.services.devices.retire(world.device, 'stolen', 'adm_test')
    expect(rulesIn(await ask())).toEqual(['device-retired'])
    const path = `/api/v1/humans/${world.bob}/deactivation`
    expect((await directory.ask('POST', path, { body: { reason: 'left' } })).status).toBe(200)
    expect(rulesIn(await ask({ subject: { type: 'user', id: world.bob } }))).toEqual(['subject-inactive'])
  })
})

test.each([
  [
    'host name',
    () => directory.database.prepare('SELECT host FROM listed_devices WHERE device = ?').get(world.device)?.host,
  ],
  ['id in an object', () => ({ id: world.device })],
  ['owner', () => 'ada@example.org'],
])('a device is named by its %s', async (_, device) => {
  expect((await ask({ context: { agent: world.agent, device: device() } })).decision).toBe(true)
})

test.each([
  ['SPIFFE id', () => `spiffe://example.org/agent/${world.agent}`],
  ['id in an object', () => ({ id: world.agent })],
])('an agent is named by its %s', async (_, agent) => {
  expect((await ask({ context: { agent: agent(), device: world.device } })).decision).toBe(true)
})
