import { bringUpToDate } from '../../../src/directory/seen/take-in.ts'
import { requestOf } from '../approvals/approval-fixture.ts'
import { ADA, BY, claimApi, report, seedClaimant } from '../claims/claim-fixture.ts'
import { type MessageFixture, openMessages } from './message-fixture.ts'

/** Who is told at once of an action that waits. */

let opened: MessageFixture
let device: string
beforeEach(async () => {
  opened = await openMessages()
  const { directory, api } = opened
  device = await seedClaimant(directory, 'told of approvals')
  const ada = await opened.add('ada')
  await claimApi(directory).confirm(device, ada.id)
  await directory.services.registrations.create(
    { name: 'helper', purpose: 'x', criteria: { products: ['claude-code'], device }, owner: ada.id, state: 'active' },
    { person: BY },
  )
  await bringUpToDate(directory.store, { device, item: 'claude-code', userId: ADA.id }, directory.clock.now())
  await api.tokenOf('operator', 'olga@example.org')
  await api.tokenOf('operator', 'ada')
  await api.tokenOf('viewer', 'vic@example.org')
})
afterEach(() => opened[Symbol.asyncDispose]())

async function asked(changes: Parameters<typeof requestOf>[1] = {}): Promise<string> {
  const request = requestOf(opened.directory.clock.now(), changes)
  await report(opened.directory, device, { approvalRequests: [request] })
  return request.id
}

test('only the owner, once, where the owner is wanted', async () => {
  await asked()
  expect(await opened.work()).toEqual(['<ada@example.org> Surety: 1 action waits for your approval'])
  expect(await opened.work()).toEqual([])
})

test('operators who may approve it, and not the owner, where an approver is wanted', async () => {
  await asked({ approvers: ['approver'] })
  expect(await opened.work()).toEqual([
    '<olga@example.org> Surety: 1 action waits for your approval',
    'slack Surety: 1 action waits for your approval',
  ])
})

test('a message has a link to the action, and nothing of what it would do', async () => {
  const id = await asked()
  await opened.work()
  const mail = JSON.stringify(opened.smtp.taken)
  expect(mail).toContain(`https://console.example.org/approvals/${id}`)
  expect(mail).not.toContain('git push')
})

test('no message, once it was decided or is over', async () => {
  const id = await asked()
  await opened.directory.services.approvals.deny(id, undefined, {
    id: 'adm_x',
    kind: 'administrator',
    name: 'root',
    role: 'administrator',
  })
  await asked()
  await opened.directory.clock.advance(120_000)
  expect(await opened.work()).toEqual([])
})
