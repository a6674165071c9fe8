import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { seedHuman } from '../../directory/registrations/registration-fixture.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { runCommand } from '../../support/directory/run-commands.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'

/** The commands of the part Register of docs/admin/answer-for-agents.md, in their order, against one directory. */

const page = readFileSync(resolve(import.meta.dirname, '../../../docs/admin/answer-for-agents.md'), 'utf8')
const part = page.split(/^## /m).find((one) => one.startsWith('Register\n')) ?? ''
const lines = [...part.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, code = '']) => code.trim().split('\n'))

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
  for (const name of ['ada', 'bob']) await seedHuman(directory, name)
  await runCommand(directory, ['groups', 'add', 'payments'])
  expect(lines.length).toBeGreaterThan(17)
  for (const line of lines) {
    const [program, ...args] = wordsOf(line)
    const { exitCode, err } = await runCommand(directory, args)
    const said = err.replaceAll(/^note: nothing that runs now matches.*\n/gm, '')
    expect({ line, program, exitCode, said }).toEqual({ line, program: 'surety-directory', exitCode: 0, said: '' })
  }
  const states = (await directory.store.registrations.list({ limit: 9 })).items.map(({ name, state }) => [name, state])
  expect(states).toEqual([
    ['helper', 'provisioning'],
    ['nightly', 'retiring'],
    ['Ada reviews', 'active'],
  ])
})
