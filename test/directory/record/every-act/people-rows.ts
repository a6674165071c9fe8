import { GROUP, PATCH_OP, USER } from '../../../support/directory/scim-client.ts'
import { agentSighting } from '../../../support/protocol/sample-sightings.ts'
import { deviceWith } from '../../fleet/fleet-questions.ts'
import { newPerson } from './agent-rows.ts'
import { type Given, type Rows, row } from './rows.ts'
import { DAY_MS, done, signedIn, type World } from './world.ts'

/** People, groups, accounts, those who administer, and what an identity provider sends. */

const REASON = { reason: 'incident 42' }

const group = async ({ did, name }: World) => ({ id: (await did('POST', '/groups', { name: name() })).id as string })
const account = async (world: World) => {
  const human = (await newPerson(world)).userName
  const user = { id: '1000', name: world.name() }
  return { device: await deviceWith(world.directory, agentSighting('2', { user })), user: user.id, human }
}
const accountOfOwner = async (world: World) => {
  const device = await deviceWith(world.directory, agentSighting('2', { user: { id: '1000', name: world.name() } }))
  const owner = (await newPerson(world)).userName
  await world.did('POST', `/devices/${device}/owner`, { owner })
  return device
}
const serviceAccount = async (world: World, changes: object = {}) => {
  const owner = (await newPerson(world)).userName
  const expiresAt = world.directory.clock.now() + DAY_MS
  const body = { name: world.name(), purpose: 'builds', owner, expiresAt, ...changes }
  return { id: (await world.did('POST', '/service-accounts', body)).id as string }
}
const administrator = async ({ did, name }: World) => ({
  id: (await did('POST', '/administrators', { name: name(), role: 'viewer' })).administrator.id as string,
})
const service = async ({ did, name }: World) => ({
  id: (await did('POST', '/services', { name: name(), scope: 'read' })).service.id as string,
})

const byScim =
  ({ scim }: World): NonNullable<Given['ask']> =>
  async (method, path, body) =>
    done(await scim.send(method, path.replace('/scim/v2', ''), body), path)
const scimUser = async (world: World, more: object = {}) => ({
  id: await world.scim.user(world.name()),
  ask: byScim(world),
  ...more,
})
const scimGroup = async (world: World, more: object = {}) => ({
  id: await world.scim.group(world.name()),
  ask: byScim(world),
  ...more,
})

export const PEOPLE_ROWS: Rows = {
  addHuman: row('human-added', async ({ name }) => ({ body: { userName: name() } })),
  importHumans: row('human-added', async ({ name }) => ({ body: { humans: [{ userName: name() }] } })),
  changeHuman: row('human-changed', async (world) => ({
    id: (await newPerson(world)).id,
    body: { displayName: 'Ada L.' },
  })),
  deactivateHuman: row('human-deactivated', async (world) => ({ id: (await newPerson(world)).id, body: REASON })),
  reactivateHuman: row('human-reactivated', async (world) => {
    const { id } = await newPerson(world)
    await world.did('POST', `/humans/${id}/deactivation`, REASON)
    return { id, body: REASON }
  }),
  forgetHuman: row('human-forgotten', async (world) => {
    const { id } = await newPerson(world)
    await world.did('POST', `/humans/${id}/deactivation`, REASON)
    return { id, body: REASON }
  }),
  inviteHuman: row('invited', async (world) => ({ id: (await newPerson(world, { email: 'a@example.org' })).id })),
  addGroup: row('group-added', async ({ name }) => ({ body: { name: name() } })),
  changeGroup: row('group-changed', async (world) => ({
    ...(await group(world)),
    body: { add: [(await newPerson(world)).userName] },
  })),
  removeGroup: row('group-removed', group),
  confirmAccount: row('account-confirmed', async (world) => ({ body: await account(world) })),
  confirmProposedAccounts: row('account-confirmed', async (world) => ({
    body: { device: await accountOfOwner(world) },
  })),
  releaseAccount: row('account-released', async (world) => {
    const { human, ...one } = await account(world)
    await world.did('POST', '/accounts/confirmation', { ...one, human })
    return { body: { ...one, ...REASON } }
  }),
  addServiceAccount: row('service-account-added', async (world) => ({
    body: {
      name: world.name(),
      purpose: 'builds',
      owner: (await newPerson(world)).userName,
      expiresAt: world.directory.clock.now() + DAY_MS,
    },
  })),
  changeServiceAccount: row('service-account-changed', async (world) => ({
    ...(await serviceAccount(world)),
    body: { purpose: 'other' },
  })),
  acceptServiceAccount: row('service-account-succession-accepted', async (world) =>
    serviceAccount(world, { successor: (await newPerson(world)).userName }),
  ),
  endServiceAccount: row('service-account-ended', async (world) => ({
    ...(await serviceAccount(world)),
    body: REASON,
  })),
  addAdministrator: row('principal-added', async ({ name }) => ({ body: { name: name(), role: 'viewer' } })),
  inviteAdministrator: row(['invited', 'principal-added'], async ({ name }) => ({
    body: { name: name(), role: 'viewer' },
  })),
  revokeAdministrator: row('principal-revoked', administrator),
  setAdministratorRole: row('principal-role-changed', async (world) => ({
    ...(await administrator(world)),
    body: { role: 'operator' },
  })),
  rotateAdministratorToken: row('principal-token-rotated', async (world) => ({
    ...(await administrator(world)),
    body: {},
  })),
  addService: row('principal-added', async ({ name }) => ({ body: { name: name(), scope: 'read' } })),
  revokeService: row('principal-revoked', service),
  rotateServiceToken: row('principal-token-rotated', async (world) => ({ ...(await service(world)), body: {} })),
  endSession: row('session-ended', async (world) => ({ id: (await signedIn(world)).session })),
  endSessionsOf: row('session-ended', async (world) => ({ body: { of: (await signedIn(world)).name } })),
  removePasskey: row('passkey-removed', async (world) => {
    const { principal } = await signedIn(world)
    const { items } = await world.did('GET', '/passkeys?limit=500')
    return { id: items.find(({ subject }: { readonly subject: string }) => subject === principal).id }
  }),
  allowScimDeactivations: row('scim-guard-allowed', async () => ({ body: {} })),
}

export const SCIM_ROWS: Rows = {
  createUserByScim: row('human-added', async (world) => ({
    body: { schemas: [USER], userName: world.name() },
    ask: byScim(world),
  })),
  replaceUserByScim: row('human-changed', (world) =>
    scimUser(world, { body: { schemas: [USER], userName: world.name(), active: true } }),
  ),
  patchUserByScim: row('human-changed', (world) =>
    scimUser(world, {
      body: { schemas: [PATCH_OP], Operations: [{ op: 'replace', path: 'displayName', value: 'Ada' }] },
    }),
  ),
  deleteUserByScim: row(['human-deactivated', 'human-deleted'], (world) => scimUser(world)),
  createGroupByScim: row('group-added', async (world) => ({
    body: { schemas: [GROUP], displayName: world.name() },
    ask: byScim(world),
  })),
  replaceGroupByScim: row('group-changed', (world) =>
    scimGroup(world, { body: { schemas: [GROUP], displayName: world.name(), members: [] } }),
  ),
  patchGroupByScim: row('group-changed', (world) =>
    scimGroup(world, {
      body: { schemas: [PATCH_OP], Operations: [{ op: 'replace', path: 'displayName', value: world.name() }] },
    }),
  ),
  deleteGroupByScim: row('group-removed', (world) => scimGroup(world)),
}
