import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_ACCESS_TEXT } from '../../../src/directory/access-policy/default-policy.ts'
import { type AccessWorld, askDecision, question, seedAccess } from '../../directory/access/access-fixture.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { runCommand } from '../../support/directory/run-commands.ts'

let directory: TestDirectory
let world: AccessWorld
beforeEach(async () => {
  directory = await startTestDirectory()
  world = await seedAccess(directory)
})
afterEach(() => directory[Symbol.asyncDispose]())

const run = (...args: readonly string[]) => runCommand(directory, ['access', ...args])
const file = (text: string) => {
  const path = join(directory.folder, 'access.cedar')
  writeFileSync(path, text)
  return path
}
const PEOPLE = `@id("people") permit (principal is Person, action == Action::"read", resource)
when { context has device && context.device.compliant };
`

test('what show prints can be set again, and history and rollback name it', async () => {
  expect(await run('show')).toMatchObject({ exitCode: 0, err: '', out: DEFAULT_ACCESS_TEXT })
  const path = file(`${DEFAULT_ACCESS_TEXT}${PEOPLE}`)
  expect((await run('check', path)).out).toBe(`${path} is sound: 2 permits, 6 forbids\n`)
  expect((await run('set', path, '--reason', 'for people')).out).toBe('version 1 of the access policy is in use\n')
  expect((await run('rollback', '0')).out).toBe('version 2 of the access policy is in use\n')
  const { out } = await run('history')
  expect(out).toMatch(/^1\t.*for people$/m)
  expect((await run('show', '1')).out).toContain('@id("people")')
})

test('a test names what was asked and would be answered otherwise', async () => {
  await askDecision(directory, world.token, question(world, { context: { device: world.device } }))
  const { out } = await run('test', file(PEOPLE), '--against', '7d')
  expect(out).toMatch(/^1 permit, 0 forbids\nactions that they name: read\n/)
  expect(out).toMatch(/^asked in that time: 1 question; 1 would change$/m)
  expect(out).toMatch(/ada@example\.org +- +dev_\S+ +read +application crm +1 +allows +people/)
  const json = JSON.parse((await run('test', file(PEOPLE), '--against', '7d', '--json')).out)
  expect(json).toMatchObject({ schema: 'surety-directory/access-test@1', test: { changed: 1 } })
})

test('a file that is not sound is refused with its line, and the policy in use stays', async () => {
  const bad = file('\npermit (principal, action, resource) when { context.agent.registered };')
  const refused = { exitCode: 1, err: expect.stringMatching(/access\.cedar: line 2: .*`agent`.* \[INPUT_MALFORMED\]/s) }
  for (const command of ['check', 'test', 'set']) expect(await run(command, bad)).toMatchObject(refused)
  const deep = file(`permit (principal, action, resource) when { ${'('.repeat(200)}true${')'.repeat(200)} };`)
  expect(await run('set', deep)).toMatchObject({ exitCode: 1, err: expect.stringContaining('[INPUT_TOO_DEEP]') })
  const closed = file('// nothing')
  expect((await run('test', closed)).out).toMatch(/^it would be refused: there is no permit: /m)
  expect(await run('set', closed)).toMatchObject({ exitCode: 1, err: expect.stringMatching(/--force \[CONFLICT\]/) })
  expect(await run('test', closed, '--against', '40d')).toMatchObject({ exitCode: 2 })
  expect((await run('show')).out).toBe(DEFAULT_ACCESS_TEXT)
})
