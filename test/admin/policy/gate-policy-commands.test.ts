import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_GATE_TEXT } from '../../../src/gate-policy/default-gate-policy.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { runCommand } from '../../support/directory/run-commands.ts'

let directory: TestDirectory
beforeEach(async () => {
  directory = await startTestDirectory()
})
afterEach(() => directory[Symbol.asyncDispose]())

const run = (...args: readonly string[]) => runCommand(directory, ['gate-policy', ...args])
const file = (text: string) => {
  const path = join(directory.folder, 'gate.cedar')
  writeFileSync(path, text)
  return path
}

test('what show prints can be set again, and history and rollback name it', async () => {
  expect(await run('show')).toMatchObject({ exitCode: 0, err: '', out: DEFAULT_GATE_TEXT })
  const path = file(`${DEFAULT_GATE_TEXT}// ours\n`)
  expect((await run('check', path)).out).toBe(`${path} is sound: 3 permits, 9 forbids\n`)
  expect((await run('test', path)).out).toBe(
    '3 permits, 9 forbids\nactions that they name: network, read, shell, write\n',
  )
  expect((await run('set', path, '--reason', 'ours')).out).toMatch(/^version 1 of the policy of the gate is in use/)
  expect((await run('rollback', '0')).out).toMatch(/^version 2 of the policy of the gate is in use/)
  expect((await run('history')).out).toMatch(/^1\t.*ours$/m)
  expect((await run('show', '1')).out).toContain('// ours')
  const json = JSON.parse((await run('show', '--json')).out)
  expect(json).toMatchObject({
    schema: 'surety-directory/gate-policy@1',
    gatePolicy: { version: 2, restores: 0, gatePolicy: DEFAULT_GATE_TEXT },
  })
})

test('a file that is not sound is refused with its line, and the policy in use stays', async () => {
  const bad = file('\npermit (principal, action, resource) when { context.agent.registered };')
  const refused = { exitCode: 1, err: expect.stringMatching(/gate\.cedar: line 2: .* \[INPUT_MALFORMED\]/s) }
  for (const command of ['check', 'test', 'set']) expect(await run(command, bad)).toMatchObject(refused)
  expect(await run('set', file('x'.repeat(300_000)))).toMatchObject({ exitCode: 1 })
  const closed = file('// nothing')
  expect((await run('test', closed)).out).toMatch(/^it would be refused: there is no permit: /m)
  expect(await run('set', closed)).toMatchObject({ exitCode: 1, err: expect.stringMatching(/--force \[CONFLICT\]/) })
  expect(await run('set', file(DEFAULT_GATE_TEXT), '--replaces', '4')).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining('[VERSION_STALE]'),
  })
  expect(await run('rollback', 'first')).toMatchObject({ exitCode: 2 })
  expect((await run('show')).out).toBe(DEFAULT_GATE_TEXT)
})
