import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { seedDevices } from './stop-fixture.ts'

/** The shell blocks of docs/stops.md, pasted into one shell. */

const ROOT = resolve(import.meta.dirname, '../../..')
const BLOCKS = [...readFileSync(resolve(ROOT, 'docs/stops.md'), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(
  ([, block = '']) => block,
)

let directory: TestDirectory
beforeAll(async () => {
  directory = await startTestDirectory()
  await seedDevices(directory, 2)
})
afterAll(() => directory[Symbol.asyncDispose]())

test('every shell block runs', async () => {
  expect(BLOCKS.length).toBeGreaterThanOrEqual(4)
  const command = `surety-directory() { "${process.execPath}" "${ROOT}/src/main-directory.ts" "$@"; }`
  const shell = spawn('bash', ['-euo', 'pipefail', '-c', [command, ...BLOCKS].join('\n')], {
    env: { PATH: process.env.PATH, SURETY_DIRECTORY_DATA: directory.folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { out: '', err: '' }
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text
  })
  shell.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text
  })
  const [exitCode] = await once(shell, 'close')
  expect({ exitCode, said }).toEqual({ exitCode: 0, said: { out: expect.any(String), err: expect.any(String) } })
  expect(
    (await directory.store.stops.list({ limit: 9 }, 0)).items.map(({ kind, state }) => `${kind} ${state}`),
  ).toEqual([...['drill standing', 'freeze released']])
})
