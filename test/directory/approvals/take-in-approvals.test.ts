import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { ADA, report } from '../claims/claim-fixture.ts'
import { approvalWorld, requestOf } from './approval-fixture.ts'

/** Requests as they arrive in evidence. */

let directory: TestDirectory
let world: Awaited<ReturnType<typeof approvalWorld>>
beforeEach(async () => {
  directory = await startTestDirectory()
  world = await approvalWorld(directory)
})
afterEach(() => directory[Symbol.asyncDispose]())

const now = () => directory.clock.now()
const stored = (id: string) => directory.store.approvals.get(id, now())
const kinds = async () =>
  (await directory.store.events.list({ limit: 500 })).flatMap(({ kind }) => (/^approval/.test(kind) ? [kind] : []))
const command = (text: string) => ({ action: { arguments: { command: text } } })

test('a request is kept once, however often it is reported', async () => {
  const request = requestOf(now())
  await report(directory, world.device, { approvalRequests: [request, request] })
  await report(directory, world.device, { approvalRequests: [{ ...request, approvers: ['approver'] }] })
  expect(await stored(request.id)).toMatchObject({ request, item: 'claude-code', client: 'claude-code', user: ADA })
  expect(await kinds()).toEqual(['approval-wanted'])
})

test('an id of another device changes nothing', async () => {
  const request = await world.asked()
  const other = (await approvalWorld(directory, 'other')).device
  await report(directory, other, { approvalRequests: [{ ...request, nonce: 'A'.repeat(22) }] })
  expect(await stored(request.id)).toMatchObject({ device: world.device, request: { nonce: request.nonce } })
})

test.each([
  ['is no JSON', { action: 'git push' }],
  ['is spelled in another way', { action: requestOf(0).action.replace('{', '{ ') }],
  ['has a member that is not known', { action: requestOf(0).action.replace('{', '{"allow":true,') }],
  ['has no user', { action: requestOf(0).action.replace(/,"user":\{.*?\}/, '') }],
  ['ends before it begins', { until: 0 }],
])('a request whose action %s is recorded, and waits for no person', async (_, changes) => {
  const request = { ...requestOf(now()), ...changes }
  await report(directory, world.device, { approvalRequests: [request] })
  expect(await stored(request.id)).toBeUndefined()
  expect(await kinds()).toEqual(['approval-denied-at-once'])
  const lost = (await directory.store.unprocessed.list(world.device)).map(({ part }) => part)
  expect(lost).not.toContain('approvalRequests')
})

test('a late request ends as the device said, and a long one after a day', async () => {
  const late = requestOf(now(), { time: now() - 100_000, until: now() + 20_000 })
  const long = requestOf(now(), { ...command('sleep'), until: now() + 10 * 86_400_000 })
  const over = requestOf(now(), { ...command('old'), time: now() - 100_000, until: now() - 1 })
  await report(directory, world.device, { approvalRequests: [late, long, over] })
  expect((await stored(late.id))?.endsAt).toBe(now() + 20_000)
  expect((await stored(long.id))?.endsAt).toBe(now() + 86_400_000)
  expect((await stored(over.id))?.state).toBe('expired')
})

test('the sixth waiting action of an agent is denied at once; the device learns it', async () => {
  for (let each = 0; each < 5; each++) await world.asked(command(`sleep ${each}`))
  const sixth = await world.asked(command('sleep 6'))
  expect(await stored(sixth.id)).toMatchObject({
    state: 'denied',
    decision: { by: 'the directory', reason: '5 actions of this agent wait for a person' },
  })
  expect(world.decisions()).toEqual([])
  await directory.services.approvals.settle()
  await directory.services.approvals.settle()
  expect(world.decisions()).toMatchObject([{ approval: sixth.id, outcome: 'denied', by: 'the directory' }])
  // Another agent of this user may still ask.
  const other = await world.asked({ ...command('ls'), action: { client: 'codex' } })
  expect((await stored(other.id))?.state).toBe('pending')
})

test('there is room again once actions were decided or are over', async () => {
  for (let each = 0; each < 5; each++) await world.asked(command(`sleep ${each}`))
  directory.clock.jump(120_000)
  const next = await world.asked(command('ls'))
  expect((await stored(next.id))?.state).toBe('pending')
})

test('a device has at most 20 actions waiting', async () => {
  const clients = ['claude-code', 'codex', 'cursor', 'gemini-cli'] as const
  for (const client of clients) {
    for (let each = 0; each < 5; each++)
      await world.asked({ agent: 'b'.repeat(32), action: { client, arguments: { command: `${each}` } } })
  }
  const next = await world.asked({ action: { client: 'windsurf' } })
  expect((await stored(next.id))?.decision?.reason).toBe('20 actions on this device wait for a person')
})

test('of what was denied at once the newest are kept, and nothing else is deleted', async () => {
  for (let each = 0; each < 5; each++) await world.asked(command(`sleep ${each}`))
  const requests = Array.from({ length: 300 }, (_, at) => requestOf(now(), command(`${at}`)))
  for (let at = 0; at < 300; at += 30)
    await report(directory, world.device, { approvalRequests: requests.slice(at, at + 30) })
  const { items } = await directory.store.approvals.list({ limit: 500 }, now())
  expect(items.filter(({ state }) => state === 'denied')).toHaveLength(256)
  expect(items.filter(({ state }) => state === 'pending')).toHaveLength(5)
  await directory.services.approvals.settle()
  expect(() => directory.database.exec("DELETE FROM approvals WHERE state = 'pending'")).toThrow('is forgotten')
})

test('what was asked, and what was answered, is never changed', async () => {
  const { id } = await world.asked()
  const exec = (sql: string) => () => directory.database.exec(sql)
  expect(exec(`UPDATE approvals SET json = '{}' WHERE id = '${id}'`)).toThrow('never changed')
  expect(exec(`UPDATE approvals SET ends_at = 1 WHERE id = '${id}'`)).toThrow('never changed')
  await directory.services.approvals.cancel(id, undefined, await world.administrator('operator', 'olga'))
  expect(exec(`UPDATE approvals SET state = 'approved', scope = 'once' WHERE id = '${id}'`)).toThrow('decided once')
})
