import { join } from 'node:path'
import { runDirectory, serveDirectory } from '../../support/directory/directory-process.ts'
import { DANGEROUS } from '../../support/directory/run-commands.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/** Each answers about what was made up, and none is empty. */
const LISTS = [
  ['devices', 'list'],
  ['agents', 'list'],
  ['agents', 'products'],
  ['mcp', 'list'],
  ['extensions', 'list'],
  ['risks', 'list'],
  ['inbox', 'list'],
  ['registrations', 'list'],
  ['claims', 'list', '--all'],
  ['reviews', 'list'],
  ['zombies', 'list'],
  ['stops', 'list'],
  ['people', 'list'],
  ['accounts', 'list'],
  ['groups', 'list'],
  ['service-accounts', 'list'],
  ['events', 'list'],
  ['token', 'list'],
  ['devices', 'pending'],
  ['administrators', 'list'],
  ['services', 'list'],
  ['webhooks', 'list'],
  ['checks', 'list'],
  ['policy', 'history'],
  ['rules', 'history'],
] as const

const folder = temporaryFolder({ inMemory: true })
afterAll(() => folder[Symbol.dispose]())
const data = join(folder.path, 'demo')
const ask = (...words: readonly string[]) => runDirectory([...words, '--data', data])
const askJson = async (...words: readonly string[]) => JSON.parse((await ask(...words, '--json')).stdout)

test('a demonstration is served: lists answer, and devices answer a stop', async () => {
  const { exitCode, stderr } = await ask('demo', '--devices', '50', '--json')
  expect([exitCode, stderr]).toEqual([0, ''])
  await using _serving = await serveDirectory(data)
  const { status } = await askJson('status')
  expect(status.demonstration.devices).toBe(50)
  expect((await ask('status')).stdout).toMatch(/^DEMONSTRATION +all of this is made up/)
  for (const words of LISTS) {
    const { stdout, stderr: said, exitCode: code } = await ask(...words)
    expect([words, code, said]).toEqual([words, 0, ''])
    expect([words, stdout.split('\n').length > 2]).toEqual([words, true])
    expect(stdout.replaceAll('\t', '')).not.toMatch(DANGEROUS)
  }
  const made = await askJson('stops', 'create', '--all', '--reason', 'a look', '--emergency')
  const id = made.stop.id
  await waitFor('devices that froze agents', async () => (await askJson('stops', 'show', id)).stop.progress.frozen > 0)
  expect((await askJson('agents', 'list', '--frozen')).agents.length).toBeGreaterThan(0)
})
