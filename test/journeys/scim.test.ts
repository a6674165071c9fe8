import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiClient } from '../../src/admin/connection/api-client.ts'
import { list } from '../../src/admin/nouns/call.ts'
import { administratorProfileReader } from '../../src/protocol/noun/answers.ts'
import { events } from '../../src/protocol/nouns/directory/events.ts'
import { runDirectory, serveForAll } from '../support/directory/directory-process.ts'
import { ENTERPRISE, GROUP, type ScimClient, scimClient, USER } from '../support/directory/scim-client.ts'

/**
 * Provisioning as the documents of Entra ID and Okta describe it, request by request, against the real program over HTTPS. Neither
 * service took part.
 */

const directory = serveForAll()
let scim: ScimClient

beforeAll(async () => {
  const profile = join(directory.path, 'provision.json')
  const made = await runDirectory([
    ...['services', 'add', 'identity-provider', '--scope', 'provision', '--expires', '365d'],
    ...['--out', profile, '--data', directory.path],
  ])
  expect(made).toMatchObject({ exitCode: 0 })
  const { url, ca, token } = administratorProfileReader.readJson(readFileSync(profile, 'utf8'))
  scim = scimClient({ url, ca, token })
})

const quoted = (filter: string) => encodeURIComponent(filter)
const kindsOf = async () => {
  const admin = administratorProfileReader.readJson(readFileSync(join(directory.path, 'administrator.json'), 'utf8'))
  const { items } = await list(apiClient(admin), events, { limit: 200 })
  return items.map(({ kind }) => kind)
}

test('Entra ID: test connection, users, groups, disable, delete', async () => {
  // Test connection: a user that does not exist is an empty list, not 404.
  expect((await scim.get(`/Users?filter=${quoted('userName eq "non-existent-7f1c"')}`)).body).toMatchObject({
    totalResults: 0,
    Resources: [],
  })

  const request = {
    schemas: [USER, ENTERPRISE],
    externalId: '0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef',
    userName: 'Test_User_ab6490ee@example.org',
    active: true,
    emails: [{ primary: true, type: 'work', value: 'Test_User_fd0ea19b@example.org' }],
    meta: { resourceType: 'User' },
    name: { formatted: 'givenName familyName', familyName: 'familyName', givenName: 'givenName' },
    roles: [],
  }
  const created = await scim.send('POST', '/Users', request)
  expect(created.status).toBe(201)
  expect(created.headers['content-type']).toContain('application/scim+json')
  expect(created.body).toMatchObject({ userName: request.userName, active: true, meta: { resourceType: 'User' } })
  const id = String(created.body.id)
  expect(created.headers.location).toBe(`${directory.server.api}/scim/v2/Users/${id}`)

  expect((await scim.get(`/Users/${id}`)).body).toMatchObject({ id, emails: request.emails })
  expect((await scim.get('/Users/5171a35d82074e068ce2')).status).toBe(404)
  for (const filter of [`userName eq "${request.userName}"`, `externalId eq "${request.externalId}"`]) {
    expect((await scim.list(`/Users?filter=${quoted(filter)}`)).items).toMatchObject([{ id }])
  }
  const byEmail = quoted('emails[type eq "work"].value eq "test_user_fd0ea19b@EXAMPLE.org"')
  expect((await scim.list(`/Users?filter=${byEmail}`)).items).toMatchObject([{ id }])

  // Updates: several values, and one value.
  const manager = await scim.user('manager@example.org')
  const patched = await scim.patch(`/Users/${id}`, [
    { op: 'Replace', path: 'emails[type eq "work"].value', value: 'updatedEmail@example.org' },
    { op: 'Replace', path: 'name.familyName', value: 'updatedFamilyName' },
    { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+49 1' },
    { op: 'Add', path: `${ENTERPRISE}:department`, value: 'Engines' },
    { op: 'Add', path: `${ENTERPRISE}:manager`, value: manager },
  ])
  expect(patched.status).toBe(200)
  expect(patched.body).toMatchObject({
    emails: [{ primary: true, type: 'work', value: 'updatedEmail@example.org' }],
    name: { familyName: 'updatedFamilyName', givenName: 'givenName' },
    phoneNumbers: [{ type: 'mobile', value: '+49 1' }],
    [ENTERPRISE]: { department: 'Engines', manager: { value: manager } },
  })
  const renamed = await scim.patch(`/Users/${id}`, [{ op: 'Replace', path: 'userName', value: 'other@example.org' }])
  expect(renamed.body).toMatchObject({ id, userName: 'other@example.org' })

  // Groups: created without members, asked for without members, changed member by member.
  const group = await scim.send('POST', '/Groups', {
    schemas: [GROUP, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
    externalId: '8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159',
    displayName: 'displayName',
    meta: { resourceType: 'Group' },
  })
  expect(group.status).toBe(201)
  const groupId = String(group.body.id)
  expect((await scim.get(`/Groups/${groupId}?excludedAttributes=members`)).body).not.toHaveProperty('members')
  const byName = `/Groups?excludedAttributes=members&filter=${quoted('displayName eq "DISPLAYNAME"')}`
  expect((await scim.list(byName)).items).toMatchObject([{ id: groupId }])
  await scim.patch(`/Groups/${groupId}`, [
    { op: 'Replace', path: 'displayName', value: 'Engineers' },
    {
      op: 'Add',
      path: 'members',
      value: [
        { $ref: null, value: id },
        { $ref: null, value: manager },
      ],
    },
  ])
  expect((await scim.get(`/Groups/${groupId}`)).body).toMatchObject({
    displayName: 'Engineers',
    members: expect.arrayContaining([
      expect.objectContaining({ value: id }),
      expect.objectContaining({ value: manager }),
    ]),
  })
  expect((await scim.get(`/Users/${id}`)).body).toMatchObject({ groups: [{ value: groupId, display: 'Engineers' }] })
  await scim.patch(`/Groups/${groupId}`, [{ op: 'Remove', path: 'members', value: [{ $ref: null, value: id }] }])
  expect((await scim.get(`/Groups/${groupId}`)).body.members).toMatchObject([{ value: manager }])
  await scim.patch(`/Groups/${groupId}`, [{ op: 'Remove', path: `members[value eq "${manager}"]` }])
  expect((await scim.get(`/Groups/${groupId}`)).body).not.toHaveProperty('members')
  expect((await scim.send('DELETE', `/Groups/${groupId}`)).status).toBe(204)
  expect((await scim.get(`/Groups/${groupId}`)).status).toBe(404)

  // Disabled, enabled again, and deleted.
  const disabled = await scim.patch(`/Users/${id}`, [{ op: 'Replace', path: 'active', value: 'False' }])
  expect(disabled.body).toMatchObject({ active: false })
  expect((await scim.patch(`/Users/${id}`, [{ op: 'Replace', path: 'active', value: 'True' }])).body).toMatchObject({
    active: true,
  })
  expect((await scim.send('DELETE', `/Users/${id}`)).status).toBe(204)
  expect((await scim.send('DELETE', `/Users/${id}`)).status).toBe(404)
  expect((await scim.list(`/Users?filter=${quoted('userName eq "other@example.org"')}`)).total).toBe(0)
  // The name is free again, the id is not.
  expect(await scim.user('other@example.org')).not.toBe(id)
  expect(await kindsOf()).toEqual(
    expect.arrayContaining(['human-added', 'human-deactivated', 'human-reactivated', 'human-deleted', 'group-removed']),
  )
})

test('Okta: users by PUT and PATCH, push groups', async () => {
  // When the integration is saved, and before each user.
  expect((await scim.get('/Users?startIndex=1&count=2')).status).toBe(200)
  expect((await scim.get('/Groups?startIndex=1&count=100')).status).toBe(200)
  const userName = 'test.user@okta.example'
  const asked = `/Users?filter=${quoted(`userName eq "${userName}"`)}&startIndex=1&count=100`
  expect((await scim.get(asked)).body).toMatchObject({ totalResults: 0, startIndex: 1, itemsPerPage: 0, Resources: [] })

  const profile = {
    schemas: [USER],
    userName,
    name: { givenName: 'Test', familyName: 'User' },
    emails: [{ primary: true, value: userName, type: 'work' }],
    displayName: 'Test User',
    locale: 'en-US',
    externalId: '00ujl29u0le5T6Aj10h7',
    groups: [],
    password: '1mz050nq',
    active: true,
  }
  const created = await scim.send('POST', '/Users', profile)
  expect(created.status).toBe(201)
  expect(created.text).not.toContain('1mz050nq')
  const id = String(created.body.id)
  expect((await scim.list(asked)).items).toMatchObject([{ id }])
  expect((await scim.send('POST', '/Users', profile)).body).toMatchObject({ status: '409', scimType: 'uniqueness' })

  // A profile update: the whole user comes back by PUT.
  const read = (await scim.get(`/Users/${id}`)).body
  const replaced = await scim.send('PUT', `/Users/${id}`, {
    ...read,
    name: { givenName: 'Another', familyName: 'User' },
  })
  expect(replaced.status).toBe(200)
  expect(replaced.body).toMatchObject({ id, name: { givenName: 'Another', familyName: 'User' }, active: true })

  // Deactivation by PATCH without a path, and back; then by PUT.
  const patched = await scim.patch(`/Users/${id}`, [{ op: 'replace', value: { active: false } }])
  expect(patched).toMatchObject({ status: 200, body: { active: false } })
  expect((await scim.patch(`/Users/${id}`, [{ op: 'replace', value: { active: true } }])).body.active).toBe(true)
  expect((await scim.send('PUT', `/Users/${id}`, { ...replaced.body, active: false })).body.active).toBe(false)
  expect((await scim.send('PUT', `/Users/${id}`, { ...replaced.body, active: true })).body.active).toBe(true)

  // Push groups: created with members, renamed with its id, members by PATCH and by PUT.
  const other = await scim.user('other.user@okta.example')
  const group = await scim.group('Test SCIMv2', [])
  const renamed = await scim.patch(`/Groups/${group}`, [
    { op: 'replace', value: { id: group, displayName: 'Test SCIMv2 renamed' } },
  ])
  expect([renamed.status, renamed.text]).toEqual([204, ''])
  expect((await scim.get(`/Groups/${group}`)).body).toMatchObject({ id: group, displayName: 'Test SCIMv2 renamed' })
  await scim.patch(`/Groups/${group}`, [
    { op: 'add', path: 'members', value: [{ value: id, display: userName }] },
    { op: 'add', path: 'members', value: [{ value: other, display: 'other.user@okta.example' }] },
  ])
  const members = async () => ((await scim.get(`/Groups/${group}`)).body.members ?? []) as { value: string }[]
  expect((await members()).map(({ value }) => value).toSorted()).toEqual([id, other].toSorted())
  await scim.patch(`/Groups/${group}`, [{ op: 'remove', path: `members[value eq "${id}"]` }])
  expect(await members()).toMatchObject([{ value: other }])
  await scim.patch(`/Groups/${group}`, [{ op: 'replace', path: 'members', value: [{ value: id, display: userName }] }])
  expect(await members()).toMatchObject([{ value: id }])
  await scim.send('PUT', `/Groups/${group}`, { schemas: [GROUP], id: group, displayName: 'Test SCIMv2', members: [] })
  expect(await members()).toEqual([])
  expect((await scim.send('DELETE', `/Groups/${group}`)).status).toBe(204)
})

test('a token of this scope does SCIM and nothing else', async () => {
  const profile = join(directory.path, 'provision.json')
  const refused = await runDirectory(['devices', 'list', '--profile', profile])
  expect(refused.exitCode).not.toBe(0)
  expect(refused.stderr).toContain('NOT_PERMITTED')
})
