import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { runCommand } from '../../support/directory/run-commands.ts'

let directory: TestDirectory
// A fresh directory for each test: profiles are files, which nothing undoes.
beforeEach(async () => {
  directory = await startTestDirectory()
})
afterEach(() => directory[Symbol.asyncDispose]())

const run = (...args: string[]) => runCommand(directory, args)
const names = async () => (await directory.store.principals.list()).map(({ name, role }) => `${name} ${role}`).sort()

test('prints only the token of a new administrator on standard output', async () => {
  const { exitCode, out, err } = await run('administrators', 'add', 'ada', '--role', 'operator', '--expires', '30d')
  expect({ exitCode, out }).toEqual({ exitCode: 0, out: expect.stringMatching(/^surety_adm_[\w-]{43}\n$/) })
  expect(err).toMatch(/^name {5}ada\nrole {5}operator\nexpires {2}20/)
  expect(await names()).toEqual(['ada operator', 'administrator administrator'])
})

test('a profile is private, and works for what the role may do only', async () => {
  const file = join(directory.folder, 'ada.json')
  const added = await run('administrators', 'add', 'ada', '--role', 'viewer', '--out', file)
  expect({ exitCode: added.exitCode, shown: added.out.includes('surety_adm_') }).toEqual({ exitCode: 0, shown: false })
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect((await run('devices', 'list', '--profile', file)).exitCode).toBe(0)
  const refused = await run('events', 'list', '--profile', file, '--json')
  expect({ exitCode: refused.exitCode, code: JSON.parse(refused.err).error.code }).toEqual({
    exitCode: 1,
    code: 'NOT_PERMITTED',
  })
})

test('a role is changed and a token is revoked', async () => {
  await run('administrators', 'add', 'ada', '--role', 'viewer')
  expect((await run('administrators', 'role', 'ada', 'auditor')).out).toBe('ada has the role auditor\n')
  expect((await run('administrators', 'list', '-o', 'table')).out).toMatch(/^ {2}ada +auditor +valid +20/m)
  expect((await run('administrators', 'list', '-o', 'table')).out).toMatch(
    /^ {2}administrator +administrator +valid +never/m,
  )
  expect((await run('administrators', 'revoke', 'ada', '--yes')).out).toBe('the token of ada is revoked\n')
  expect(await names()).toEqual(['administrator administrator'])
  expect((await run('events', 'list')).out).toMatch(/\tprincipal-role-changed\t\tadministrator\t/)
})

test('a token is rotated: the new profile works, and the one before still does', async () => {
  const [before, after] = [join(directory.folder, 'ada.json'), join(directory.folder, 'ada.newer.json')]
  await run('administrators', 'add', 'ada', '--role', 'viewer', '--out', before)
  const rotated = await run('administrators', 'rotate', 'ada', '--out', after)
  expect(rotated.exitCode).toBe(0)
  expect(rotated.out).toMatch(
    /^name +ada\nrole +viewer\nexpires +20.*\nold token until +20.*\nprofile +\/.*newer.json\n$/,
  )
  expect(statSync(after).mode & 0o777).toBe(0o600)
  for (const profile of [before, after]) {
    expect((await run('devices', 'list', '--profile', profile)).exitCode).toBe(0)
    expect((await run('administrators', 'rotate', 'ada', '--profile', profile)).err).toMatch(/NOT_PERMITTED/)
  }
})

test('one is named by its name in any case, its id or the beginning of that', async () => {
  await run('administrators', 'add', 'ada', '--role', 'viewer')
  const id = (await directory.store.principals.list()).find(({ name }) => name === 'ada')?.id ?? ''
  for (const name of ['ADA', id, id.slice(0, 12)]) {
    expect((await run('administrators', 'rotate', name)).out).toMatch(/^surety_adm_/)
  }
  const listed = await run('administrators', 'list', '-o', 'csv', '--columns', 'name,old_token_until')
  expect(listed.out).toMatch(/^name,old_token_until\r\n(administrator,\r\n|ada,20\d\d-[^\r]+\r\n){2}$/)
  for (const name of [id.slice(0, 7), `${id.slice(0, -1)}_`, 'adm_nobody', 'ad']) {
    expect((await run('administrators', 'revoke', name, '--yes')).err).toMatch(/NOT_FOUND/)
    expect((await run('services', 'revoke', id, '--yes')).err).toMatch(/NOT_FOUND/)
  }
  expect(await names()).toEqual(['ada viewer', 'administrator administrator'])
})

test('a rotation whose file cannot be written makes no token', async () => {
  await run('services', 'add', 'vpn', '--scope', 'decide')
  const file = join(directory.folder, 'taken')
  writeFileSync(file, 'mine')
  const stored = await directory.store.principals.list()
  expect((await run('services', 'rotate', 'vpn', '--out', file)).exitCode).toBe(1)
  expect({ stored: await directory.store.principals.list(), file: readFileSync(file, 'utf8') }).toEqual({
    stored,
    file: 'mine',
  })
  expect((await run('services', 'rotate', 'vpn')).out).toMatch(/^surety_svc_[\w-]{43}\n$/)
})

test('a name in use is refused with both ways on', async () => {
  await run('administrators', 'add', 'ada', '--role', 'viewer')
  expect((await run('administrators', 'add', 'Ada', '--role', 'viewer')).err).toBe(
    'surety-directory: the directory refused: there is already an administrator named ada (a new token: surety-directory administrators rotate ada; another holder: revoke it first) [CONFLICT]\n',
  )
})

test('a service is added, listed and revoked', async () => {
  expect((await run('services', 'list', '-o', 'table')).out).toBe(
    'no services; add one with: surety-directory services add NAME\n',
  )
  expect((await run('services', 'add', 'vpn', '--scope', 'decide')).out).toMatch(/^surety_svc_[\w-]{43}\n$/)
  expect((await run('services', 'list', '-o', 'table')).out).toMatch(/^ {2}vpn +decide +valid +20/m)
  expect((await run('services', 'revoke', 'vpn', '--yes')).exitCode).toBe(0)
  expect(await names()).toEqual(['administrator administrator'])
})

test.each([
  ['no name', ['administrators', 'add', '--role', 'viewer'], 2],
  ['no role', ['administrators', 'add', 'ada'], 2],
  ['an unknown role', ['administrators', 'add', 'ada', '--role', 'root'], 2],
  ['a scope as a role', ['administrators', 'add', 'ada', '--role', 'decide'], 2],
  ['a role as a scope', ['services', 'add', 'vpn', '--scope', 'administrator'], 2],
  ['no scope', ['services', 'add', 'vpn'], 2],
  ['no time', ['administrators', 'add', 'ada', '--role', 'viewer', '--expires', 'soon'], 2],
  ['a time too long', ['administrators', 'add', 'ada', '--role', 'viewer', '--expires', '367d'], 2],
  ['a time too short', ['administrators', 'add', 'ada', '--role', 'viewer', '--expires', '59s'], 2],
  ['a name with a space', ['administrators', 'add', 'ada b', '--role', 'viewer'], 1],
  ['a climb', ['administrators', 'revoke', '../tokens', '--yes'], 1],
  ['an empty name', ['administrators', 'revoke', '', '--yes'], 2],
  ['an unknown name', ['administrators', 'revoke', 'bob', '--yes'], 1],
  ['a rotation without a name', ['administrators', 'rotate'], 2],
  ['a rotation of an unknown name', ['administrators', 'rotate', 'bob'], 1],
  ['a rotation for too long', ['administrators', 'rotate', 'administrator', '--expires', '367d'], 2],
  ['the last administrator', ['administrators', 'revoke', 'administrator', '--yes'], 1],
  ['the last role', ['administrators', 'role', 'administrator', 'viewer'], 1],
])('%s is refused, and nothing is changed', async (_name, args, exitCode) => {
  const answer = await run(...args)
  expect({ exitCode: answer.exitCode, out: answer.out, said: answer.err !== '' }).toEqual({
    exitCode,
    out: '',
    said: true,
  })
  expect(await names()).toEqual(['administrator administrator'])
})

test('a file that exists is not overwritten, and no token is made', async () => {
  const file = join(directory.folder, 'taken')
  writeFileSync(file, 'mine')
  const { exitCode } = await run('services', 'add', 'vpn', '--scope', 'read', '--out', file)
  expect({ exitCode, file: readFileSync(file, 'utf8'), names: await names() }).toEqual({
    exitCode: 1,
    file: 'mine',
    names: ['administrator administrator'],
  })
})

test('a refusal of the directory leaves no file behind', async () => {
  const file = join(directory.folder, 'refused')
  const args = ['administrators', 'add', 'administrator', '--role', 'viewer', '--out', file]
  expect((await run(...args)).exitCode).toBe(1)
  expect(readdirSync(directory.folder)).not.toContain('refused')
})
