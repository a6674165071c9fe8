import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { runCommand } from '../../support/directory/run-commands.ts'
import { HOSTILE_NAME, seedDevice } from '../../support/directory/seeded-directory.ts'

let directory: TestDirectory
// A fresh directory for each test: the policy in use is in memory.
beforeEach(async () => {
  directory = await startTestDirectory()
})
afterEach(() => directory[Symbol.asyncDispose]())

const run = (...args: readonly string[]) => runCommand(directory, ['policy', ...args])
const file = (text: string) => {
  const path = join(directory.folder, 'policy.yaml')
  writeFileSync(path, text)
  return path
}
const SOUND = 'schema: surety/policy@1\nchecks: {session.screen-lock: off}\n'

test('what show prints can be set again, and history and rollback tell of it', async () => {
  const shown = await run('show')
  expect(shown).toMatchObject({ exitCode: 0, err: '' })
  const path = file(shown.out)
  expect((await run('check', path)).out).toBe(`${path} is sound: 0 groups, 0 exemptions\n`)
  expect((await run('set', path)).out).toMatch(/^version 1 of the policy is in use; re-evaluating 0 devices\n$/)
  expect((await run('set', file(SOUND))).exitCode).toBe(0)
  expect((await run('rollback', '1')).out).toMatch(/^version 3 of the policy is in use/)
  const { out } = await run('history')
  const rows = out.trimEnd().split('\n').slice(1)
  expect(rows.map((row) => row.trim().slice(0, 1))).toEqual(['3', '2', '1', '0'])
  expect(rows[0]).toMatch(/\tadministrator\t.*in use, restores 1\t$/)
  expect(rows[3]).toMatch(/this release/)
  expect((await run('show', '2')).out).toBe(SOUND)
  const json = JSON.parse((await run('history', '--json')).out)
  expect(json).toMatchObject({ schema: 'surety-directory/policy-history@1', versions: [{ version: 3 }, {}, {}, {}] })
})

test('a test shows what would change and why', async () => {
  const { device } = await seedDevice(directory)
  directory.clock.advance(0)
  const { out, exitCode } = await run('test', file('schema: surety/policy@1\nminimum-tier: tpm\n'), '--against', '7d')
  expect(exitCode).toBe(0)
  expect(out).toMatch(/^1 device; 0 verdicts would change now\n/)
  expect(out).toMatch(/LAST 7d/)
  expect(out).toMatch(/^ +tier +0 +1 +0 +0$/m)
  // It fails now, and this adds a reason.
  expect(out).toMatch(/^it would be refused: line 2: tier is required, and the only device would fail/m)
  const set = await run('set', file('schema: surety/policy@1\nminimum-tier: tpm\n'))
  expect(set).toMatchObject({ exitCode: 1, err: expect.stringMatching(/line 2.*--force \[CONFLICT\]/s) })
  expect(set.err).not.toContain(HOSTILE_NAME)
  expect(await run('set', '--force', file('schema: surety/policy@1\nminimum-tier: tpm\n'))).toMatchObject({
    exitCode: 0,
  })
  const labelled = await runCommand(directory, ['devices', 'label', device, 'role=server', 'site=a b'])
  expect(labelled.out).toBe(`device ${device} has role=server site=a b\n`)
  expect((await runCommand(directory, ['devices', 'label', device, 'site='])).out).toMatch(/has role=server\n$/)
  expect((await runCommand(directory, ['devices', 'show', device])).out).toMatch(/^labels +role=server$/m)
})

test.each<[string, readonly string[], number, RegExp]>([
  ['no file', ['set', '/nowhere/policy.yaml'], 1, /there is no file/],
  ['a folder', ['check', '/'], 1, /./],
  ['no version', ['rollback', '9'], 1, /there is no version 9/],
  ['a version that is none', ['rollback', 'one'], 2, /a version is a whole number/],
  ['no version given', ['rollback'], 2, /missing required argument/],
  ['a time that is none', ['test', 'x', '--against', 'week'], 2, /such as 24h or 7d/],
  ['a time that is too long', ['test', 'x', '--against', '31d'], 2, /at most 30d/],
  ['nothing to do', ['shwo'], 2, /unknown command/],
])('%s is refused and changes nothing', async (_, args, exitCode, message) => {
  expect(await run(...args)).toMatchObject({ exitCode, err: expect.stringMatching(message) })
  expect(directory.services.policies.version).toBe(0)
})

test.each<[string, string, RegExp]>([
  ['a check nobody knows', 'schema: surety/policy@1\nchecks: {a.b: off}\n', /policy\.yaml: line 2: there is no check/],
  ['an alias', 'schema: surety/policy@1\nchecks: *a\n', /policy\.yaml: line 2: /],
  ['ten megabytes', `schema: surety/policy@1\n#${'x'.repeat(10_000_000)}\n`, /./],
  ['no UTF-8', '', /./],
])('a file with %s is refused by check, test and set', async (name, text, message) => {
  const path = file(text)
  if (name === 'no UTF-8') writeFileSync(path, Buffer.from([0xff, 0xfe, 0x00]))
  for (const act of ['check', 'test', 'set']) {
    expect(await run(act, path)).toMatchObject({ exitCode: 1, out: '', err: expect.stringMatching(message) })
  }
  expect(directory.services.policies.version).toBe(0)
})

test.each<[string, string, string, object, number]>([
  ['no body', 'PUT', '/policy', {}, 400],
  ['another member', 'PUT', '/policy', { policy: SOUND, forced: true }, 400],
  ['a policy that is no text', 'PUT', '/policy', { policy: {} }, 400],
  ['a policy that is not sound', 'PUT', '/policy', { policy: 'a: 1' }, 400],
  ['a policy that is too large', 'PUT', '/policy', { policy: 'ä'.repeat(200_000) }, 413],
  ['a test of a year', 'POST', '/policy/test', { policy: SOUND, againstMs: 365 * 86_400_000 }, 400],
  ['a test of the future', 'POST', '/policy/test', { policy: SOUND, againstMs: -1 }, 400],
  ['a rollback to none', 'POST', '/policy/rollback', { version: 9 }, 404],
  ['a rollback to half', 'POST', '/policy/rollback', { version: 0.5 }, 400],
  ['labels of no device', 'POST', `/devices/dev_${'A'.repeat(22)}/labels`, { set: { a: 'b' } }, 404],
  ['a label without value', 'POST', `/devices/dev_${'A'.repeat(22)}/labels`, { set: { a: '' } }, 400],
  ['a label that is no word', 'POST', `/devices/dev_${'A'.repeat(22)}/labels`, { set: { 'A b': 'c' } }, 400],
  ['a label of two lines', 'POST', `/devices/dev_${'A'.repeat(22)}/labels`, { set: { a: 'b\nc' } }, 400],
])('the API refuses %s', async (_, method, path, body, status) => {
  expect(await directory.ask(method, `/api/v1${path}`, { body })).toMatchObject({ status })
  expect(directory.services.policies.version).toBe(0)
})

test('nothing of it is open', async () => {
  for (const [method, path] of [
    ['GET', '/policy'],
    ['PUT', '/policy'],
    ['GET', '/policy/history'],
    ['POST', '/policy/test'],
    ['POST', '/policy/rollback'],
  ] as const) {
    const body = method === 'GET' ? {} : { body: { policy: SOUND } }
    expect(await directory.ask(method, `/api/v1${path}`, { token: null, ...body })).toMatchObject({ status: 401 })
  }
})
