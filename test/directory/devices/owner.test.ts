import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { runCommand } from '../../support/directory/run-commands.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'

let directory: TestDirectory
let device: string
directoryForAll(async (started) => {
  directory = started
  device = (await seedDevice(directory)).device
})

const set = (...args: string[]) => runCommand(directory, ['devices', 'set', ...args])
const events = async () =>
  Object((await directory.ask('GET', `/api/v1/events?device=${device}&kind=owner-changed`)).json).items

test('changes an owner by any name of the device, and audits both and the reason', async () => {
  expect(await set('alice@example.org', '--owner', 'bob@example.org', '--reason', 'new team')).toEqual({
    exitCode: 0,
    out: `device ${device} is of bob@example.org\n`,
    err: '',
  })
  expect((await directory.store.devices.get(device))?.owner).toBe('bob@example.org')
  const [event, ...others] = await events()
  expect({ facts: event.facts, others }).toEqual({
    facts: { from: 'alice@example.org', to: 'bob@example.org', reason: 'new team' },
    others: [],
  })
  expect((await set('alice@example.org', '--owner', 'eve')).exitCode).toBe(1)
  // The same owner again changes nothing.
  expect((await set(device, '--owner', 'bob@example.org')).exitCode).toBe(0)
  expect(await events()).toHaveLength(1)
})

test('a device of another owner is in another group of the policy at once', async () => {
  const policy = [
    'schema: surety/policy@1',
    'groups: [{name: lab, match: {owner: lab}, checks: {disk.root-encrypted: advisory}}]',
  ].join('\n')
  await directory.services.policies.set(policy, { actor: 'adm_test', force: true })
  const required = async () =>
    (await directory.store.results.get(device))?.reasons.some(
      (one) => one.check === 'disk.root-encrypted' && one.advisory !== true,
    )
  await directory.services.devices.label(device, { set: { a: 'b' } }, 'adm_test')
  expect(await required()).toBe(true)
  await set(device, '--owner', 'lab')
  expect(await required()).toBe(false)
})

test.each([
  ['no owner', {}, 400],
  ['an empty owner', { owner: '' }, 400],
  ['an owner that nobody can see', { owner: '\u200b' }, 400],
  ['an owner too long', { owner: 'x'.repeat(257) }, 400],
  ['an empty reason', { owner: 'bob', reason: '' }, 400],
  ['a member too many', { owner: 'bob', device: 'x' }, 400],
])('%s is refused', async (_name, body, status) => {
  expect((await directory.ask('POST', `/api/v1/devices/${device}/owner`, { body })).status).toBe(status)
  expect((await directory.store.devices.get(device))?.owner).toBe('alice@example.org')
})

test('a device that does not exist has no owner', async () => {
  const path = `/api/v1/devices/dev_${'A'.repeat(22)}/owner`
  expect((await directory.ask('POST', path, { body: { owner: 'bob' } })).status).toBe(404)
  expect((await set('nowhere', '--owner', 'bob')).exitCode).toBe(1)
  expect((await set(device)).exitCode).toBe(2)
})
