import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { runCommand } from '../../support/directory/run-commands.ts'
import { seedDevice, seedReEnrolment } from '../../support/directory/seeded-directory.ts'
import { testKey } from '../../support/protocol/test-keys.ts'

/** The commands of docs/admin/devices.md, in their order, against one directory. */

const page = readFileSync(resolve(import.meta.dirname, '../../../docs/admin/devices.md'), 'utf8')
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, code = '']) => code)

let directory: TestDirectory
beforeAll(async () => {
  directory = await startTestDirectory()
})
afterAll(() => directory[Symbol.asyncDispose]())

async function seed(hostname: string) {
  const seeded = await seedDevice(directory, testKey(hostname))
  const label = JSON.stringify({ hostname, platform: 'linux', arch: 'x64' })
  directory.database.prepare('UPDATE devices SET label_json = ? WHERE id = ?').run(label, seeded.device)
  return seeded
}

/** Words as a shell splits them. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}

test('every command runs', async () => {
  const { device } = await seed('laptop-7')
  const { device: other, token } = await seed('lap-9')
  await seedReEnrolment(directory, { device: other, token, epoch: 2 })
  writeFileSync(join(directory.folder, 'laptops.csv'), blocks('csv').join(''))
  const lines = blocks('sh').flatMap((code) => code.trim().split('\n'))
  expect(lines.length).toBeGreaterThan(18)
  for (const line of lines) {
    const [program, ...args] = wordsOf(line).map((word) =>
      ['laptops.csv', 'rollout.enrolment'].includes(word) ? join(directory.folder, word) : word,
    )
    const answer = await runCommand(directory, args, {
      pause: async () => {
        const [order] = await directory.store.orders.list(device, { limit: 1 }, directory.clock.now())
        const time = directory.clock.now()
        if (order !== undefined) {
          const receipt = { order: order.id, number: order.number, outcome: 'done', time } as const
          await directory.store.orders.putReceipt(device, receipt, time)
        }
      },
    })
    expect({ line, program, exitCode: answer.exitCode, err: answer.exitCode === 0 ? '' : answer.err }).toEqual({
      line,
      program: 'surety-directory',
      exitCode: 0,
      err: '',
    })
  }
  expect(
    (await directory.store.preregistrations.list({ limit: 9 })).items.map(({ kind, name, owner }) => [
      kind,
      name,
      owner,
    ]),
  ).toEqual(
    expect.arrayContaining([
      ['serial', 'PF4A7B8C', 'bob@example.org'],
      ['host', 'berlin-12', 'Lab, 3rd floor'],
      ['endorsement-key', expect.stringMatching(/^5b1f/), 'cleo@example.org'],
    ]),
  )
  expect(await directory.store.devices.get(device)).toMatchObject({ status: 'retired', owner: 'bob@example.org' })
})
