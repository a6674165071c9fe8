import { seedPendingDevice } from '../../../support/directory/pending-device.ts'
import { seedDevice, seedReEnrolment } from '../../../support/directory/seeded-directory.ts'
import { testKey } from '../../../support/protocol/test-keys.ts'
import { CATALOGUE } from '../../http/documented-answers.ts'
import { type Rows, row } from './rows.ts'
import type { World } from './world.ts'

/** Devices, enrolment, what the directory uses, and whom it tells. */

export const newDevice = ({ directory, name }: World) => seedDevice(directory, testKey(name()))

const REASON = { reason: 'incident 42' }
const access = 'permit (principal, action, resource) when { context has device && context.device.compliant };'
const policy = 'schema: surety/policy@1\n'
const rules = 'schema: surety/rules@1\nrules: []\n'

const waiting = async (world: World) => {
  const { device, token } = await newDevice(world)
  const id = await seedReEnrolment(world.directory, { device, token, epoch: 2 })
  return { id, body: REASON }
}
const token = ({ did }: World) => did('POST', '/tokens', { owner: 'ada', ttlMs: 60_000, minimumTier: 'tpm' })
const webhook = async ({ did, receiver }: World) => ({
  id: (await did('POST', '/webhooks', { url: receiver.url, events: ['*'] })).webhook.id,
})
const preregistered = ({ name }: World) => ({ items: [{ kind: 'serial', name: name(), owner: 'ada' }] as const })

export const DEVICE_ROWS: Rows = {
  labelDevice: row('labelled', async (world) => ({
    id: (await newDevice(world)).device,
    body: { set: { site: 'berlin' } },
  })),
  issueOrder: row('order-issued', async (world) => ({
    id: (await newDevice(world)).device,
    body: { kind: 'attest', ...REASON },
  })),
  setDeviceOwner: row('owner-changed', async (world) => ({
    id: (await newDevice(world)).device,
    body: { owner: 'bob@example.org' },
  })),
  retireDevice: row('retired', async (world) => ({ id: (await newDevice(world)).device, body: REASON })),
  createToken: row('token-created', async () => ({ body: { owner: 'ada', ttlMs: 60_000, minimumTier: 'tpm' } })),
  revokeToken: row('token-revoked', async (world) => ({ id: (await token(world)).token.id })),
  acceptPendingDevice: row(['device-accepted', 'enrolled'], async ({ directory }) => ({
    id: await seedPendingDevice(directory),
    body: REASON,
  })),
  refusePendingDevice: row('device-refused', async ({ directory }) => ({
    id: await seedPendingDevice(directory),
    body: REASON,
  })),
  preregisterDevices: row('devices-preregistered', async (world) => ({ body: preregistered(world) })),
  removePreregistration: row('preregistration-removed', async (world) => {
    const body = preregistered(world)
    await world.did('POST', '/preregistrations', body)
    return { id: (await world.did('GET', `/preregistrations?named=${body.items[0].name}`)).items[0].id }
  }),
  approveReEnrolment: row('re-enrolment-approved', waiting),
  denyReEnrolment: row('re-enrolment-denied', waiting),
  setCatalogue: row('catalogue-set', async () => ({ body: { catalogue: CATALOGUE } })),
  setAccessPolicy: row('access-set', async () => ({ body: { access, force: true } })),
  rollBackAccessPolicy: row('access-rolled-back', async ({ did }) => {
    await did('PUT', '/access', { access: `${access}\n// again`, force: true })
    return { body: { version: 0, force: true } }
  }),
  setGatePolicy: row('gate-policy-set', async () => ({ body: { gatePolicy: access, force: true } })),
  rollBackGatePolicy: row('gate-policy-rolled-back', async ({ did }) => {
    await did('PUT', '/gate-policy', { gatePolicy: `${access}\n// again`, force: true })
    return { body: { version: 0, force: true } }
  }),
  setPolicy: row('policy-set', async () => ({ body: { policy, force: true } })),
  rollBackPolicy: row('policy-rolled-back', async ({ did }) => {
    await did('PUT', '/policy', { policy: `${policy}# again\n`, force: true })
    return { body: { version: 0, force: true } }
  }),
  setRules: row('rules-set', async () => ({ body: { rules, force: true } })),
  rollBackRules: row('rules-rolled-back', async ({ did }) => {
    await did('PUT', '/rules', { rules: `${rules}# again\n`, force: true })
    return { body: { version: 0, force: true } }
  }),
  applyConfiguration: row(['configuration-applied', 'human-added'], async ({ name }) => ({
    body: { plan: false, documents: [{ kind: 'person', name: name(), spec: {} }] },
  })),
  holdRecord: row('record-held', async () => ({ body: { about: 'stop_1', ...REASON } })),
  releaseRecord: row('record-released', async ({ did }) => {
    await did('POST', '/entries/holds', { about: 'stop_2', ...REASON })
    return { body: { about: 'stop_2', ...REASON } }
  }),
  testMessages: row('messages-tested', async () => ({ body: { to: 'slack' } })),
  setMessagePreference: row('messages-turned-off', async () => ({ body: { mail: false } })),
  addWebhook: row('webhook-added', async ({ receiver }) => ({ body: { url: receiver.url, events: ['*'] } })),
  removeWebhook: row('webhook-removed', webhook),
  enableWebhook: row('webhook-enabled', async (world) => ({ ...(await webhook(world)), body: {} })),
  rotateWebhookSecret: row('webhook-secret-rotated', webhook),
  testWebhook: row('webhook-tested', webhook),
}
