import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { runCommand } from '../../support/directory/run-commands.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'

/** The commands of docs/admin/people.md, in their order, against one directory. */

const page = readFileSync(resolve(import.meta.dirname, '../../../docs/admin/people.md'), 'utf8')
const lines = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, code = '']) => code.trim().split('\n'))

let directory: TestDirectory
beforeAll(async () => {
  directory = await startTestDirectory()
})
afterAll(() => directory[Symbol.asyncDispose]())

/** Words as a shell splits them. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}

test('every command runs', async () => {
  const { device } = await seedDevice(directory, testKey('laptop-7'))
  const label = JSON.stringify({ hostname: 'laptop-7', platform: 'linux', arch: 'x64' })
  directory.database.prepare('UPDATE devices SET label_json = ? WHERE id = ?').run(label, device)
  for (const user of [
    { id: '1000', name: 'ada' },
    { id: '1001', name: 'guest' },
    { id: '1002', name: 'other' },
  ])
    await directory.store.accounts.seen(device, user, { at: 1, ownerKey: user.name === 'guest' ? 'guest' : 'ada' })
  expect(lines.length).toBeGreaterThan(24)
  for (const line of lines) {
    const [program, ...args] = wordsOf(line)
    const { exitCode, err } = await runCommand(directory, args)
    expect({ line, program, exitCode, err }).toEqual({ line, program: 'surety-directory', exitCode: 0, err: '' })
  }
  const human = await directory.store.humans.byName('ada')
  expect(human).toMatchObject({ status: 'active', email: 'ada@example.org' })
  expect((await directory.store.accounts.ofHuman(human?.id ?? '')).map(({ userId }) => userId)).toEqual([
    '1000',
    '1002',
  ])
  expect(await directory.store.groups.byName('Payments team')).toBeDefined()
  expect(await directory.store.serviceAccounts.byName('nightly-build')).toBeUndefined()
})
