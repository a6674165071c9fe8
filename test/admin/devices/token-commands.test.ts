import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiClient } from '../../../src/admin/connection/api-client.ts'
import { parseEnrolmentString } from '../../../src/protocol/messages/enrolment-string.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { runCommand } from '../../support/directory/run-commands.ts'
import { seedDevice, seedReEnrolment } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'

let directory: TestDirectory
beforeAll(async () => {
  directory = await startTestDirectory()
})
afterAll(() => directory[Symbol.asyncDispose]())

const run = (...args: string[]) => runCommand(directory, args)
const tokens = async () => (await directory.store.tokens.list({ limit: 100 }, directory.clock.now())).items
const create = (...args: string[]) => run('token', 'create', '--owner', 'alice', '--minimum-tier', 'tpm', ...args)

describe('a file for the enrolment string that cannot be made', () => {
  const file = (name: string) => join(directory.folder, name)
  test.each([
    ['is there', 'taken', 'exists already, and is not overwritten'],
    ['is a folder', 'folder', 'exists already'],
    ['is a link', 'link', 'exists already'],
    ['is in no folder', 'nowhere/enrolment', 'there is no folder'],
    ['is below a file', 'taken/enrolment', 'ENOTDIR'],
  ])('because it %s: no token is made', async (_, name, why) => {
    writeFileSync(file('taken'), 'the first string')
    mkdirSync(file('folder'), { recursive: true })
    if (!readdirSync(directory.folder).includes('link')) symlinkSync('elsewhere', file('link'))
    const before = await tokens()
    const { exitCode, out, err } = await create('--out', file(name))
    expect({ exitCode, out, why: err.includes(why) }).toEqual({ exitCode: 1, out: '', why: true })
    expect(await tokens()).toEqual(before)
    expect(readFileSync(file('taken'), 'utf8')).toBe('the first string')
  })

  test('a refusal of the directory leaves no empty file behind', async () => {
    const { exitCode } = await run('token', 'create', '--owner', 'x'.repeat(300), '--out', file('refused'))
    expect({ exitCode, left: readdirSync(directory.folder).includes('refused') }).toEqual({ exitCode: 1, left: false })
  })

  test('a token whose string cannot be kept is revoked', async () => {
    mkdirSync(file('vanishing'))
    const before = new Set((await tokens()).map(({ id }) => id))
    const apiOf: typeof apiClient = (profile) => ({
      async ask(method, ...asked) {
        const answer = await apiClient(profile).ask(method, ...asked)
        if (method === 'POST') rmSync(file('vanishing'), { recursive: true })
        return answer
      },
    })
    const args = ['token', 'create', '--owner', 'alice', '--out', file('vanishing/enrolment'), '--json']
    const { exitCode, out, err } = await runCommand(directory, args, { apiOf })
    expect({ exitCode, out, code: JSON.parse(err).error.code }).toEqual({ exitCode: 1, out: '', code: 'STORE_FAILED' })
    expect((await tokens()).flatMap(({ id, status }) => (before.has(id) ? [] : [status]))).toEqual(['revoked'])
  })
})

test('the file is private, and holds the string of the token that was made', async () => {
  const path = join(directory.folder, 'enrolment')
  const { exitCode } = await create('--out', path)
  expect({ exitCode, mode: statSync(path).mode & 0o777 }).toEqual({ exitCode: 0, mode: 0o600 })
  const { token } = parseEnrolmentString(readFileSync(path, 'utf8'))
  expect((await tokens()).map(({ id }) => id)).toContain(token)
})

test('the list tells which serial number a token is for', async () => {
  await create('--serial', 'C02XK1')
  const { out } = await run('token', 'list', '-o', 'table')
  expect(out).toMatch(/^ {2}ID +STATUS +OWNER +USED +MINIMUM TIER +ONLY FOR +EXPIRES +CREATED +DEVICES$/m)
  expect(out).toMatch(/^ {2}tok_\S+ +usable +alice +0 of 1 +tpm +C02XK1 +20/m)
  expect(out).toMatch(/^ {2}tok_\S+ +usable +alice +0 of 1 +tpm +- +20/m)
})

describe('revoking', () => {
  const seed = (name: string) => seedDevice(directory, testKey(name))
  const statusOf = async (id: string) => {
    const { out } = await run('token', 'list', '-o', 'table')
    return out
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/))
      .find(([first]) => first === id)?.[1]
  }

  test('one that is usable', async () => {
    const { out } = await create('--json')
    const { id } = JSON.parse(out).token
    expect(await run('token', 'revoke', id, '--yes')).toEqual({ exitCode: 0, out: `token ${id} is revoked\n`, err: '' })
    expect(await statusOf(id)).toBe('revoked')
    expect((await run('token', 'revoke', id, '--yes')).exitCode).toBe(0)
  })

  test('one whose device has spoken is refused, with what to do: it stays what it was', async () => {
    const { token } = await seed('has spoken')
    expect(await run('token', 'revoke', token, '--yes')).toEqual({
      exitCode: 1,
      out: '',
      err:
        `surety-directory: the directory refused: token ${token} was used and enrols no more devices: ` +
        'to refuse a device that enrolled with it, retire the device [TOKEN_USED]\n',
    })
    expect(await statusOf(token)).toBe('used')
  })

  test('one whose device could come again with it says that the device stays', async () => {
    const { token, device } = await seed('asks again')
    await seedReEnrolment(directory, { device, token, epoch: 2 })
    expect(await run('token', 'revoke', token, '--yes')).toEqual({
      exitCode: 0,
      out:
        `token ${token} is revoked\n` +
        `it was used by ${device}, which this does not end: surety-directory devices retire ${device}\n`,
      err: '',
    })
    expect(await statusOf(token)).toBe('revoked, used')
  })
})

test('a token to revoke is named by its beginning, its owner or its serial number', async () => {
  for (const typed of ['id', 'owner', 'serial'] as const) {
    const init = { owner: `owner ${typed}`, serial: `S-${typed}`, ttlMs: 60_000, minimumTier: 'tpm' } as const
    const { id } = await directory.services.tokens.create(init, 'adm_test')
    const name = { id: id.slice(0, 12), owner: init.owner, serial: init.serial }[typed]
    expect(await run('token', 'revoke', name, '--yes')).toEqual({
      exitCode: 0,
      out: `token ${id} is revoked\n`,
      err: '',
    })
    // A new one of the same name is meant, not the revoked one.
    const { id: second } = await directory.services.tokens.create(init, 'adm_test')
    if (typed === 'id') continue
    expect((await run('token', 'revoke', name, '--yes')).out).toBe(`token ${second} is revoked\n`)
  }
})

test('a name of two usable tokens, or of none, is refused', async () => {
  const init = { owner: 'twins', ttlMs: 60_000, minimumTier: 'tpm' } as const
  const ids = await Promise.all([1, 2].map(async () => (await directory.services.tokens.create(init, 'adm_test')).id))
  const { exitCode, err } = await run('token', 'revoke', 'twins', '--yes')
  expect({ exitCode, all: ids.every((id) => err.includes(`${id} (usable, of twins)`)) }).toEqual({
    exitCode: 1,
    all: true,
  })
  for (const name of ['tok_', 'tok_AAA', '%', 'nobody', 'x'.repeat(300)]) {
    expect((await run('token', 'revoke', name, '--yes')).err).toContain('tokens list')
  }
  for (const id of ids) expect((await directory.store.tokens.get(id))?.revokedAt).toBeUndefined()
})

test.each([
  [[], true],
  [['--minimum-tier', 'tpm-attested'], true],
  [['--minimum-tier', 'tpm'], false],
  [['--minimum-tier', 'software'], false],
])('where no maker of TPMs is known, a token made with %j warns: %s', async (args, warned) => {
  const words = await run('token', 'create', '--owner', 'bob', ...args)
  expect(words.exitCode).toBe(0)
  expect(words.err.startsWith('warning: no device can use this token')).toBe(warned)
  expect(words.out.split('\n')).toHaveLength(2)
  const { out, err } = await run('token', 'create', '--owner', 'bob', ...args, '--json')
  expect({ err, warned: 'warning' in JSON.parse(out) }).toEqual({ err: '', warned })
})
