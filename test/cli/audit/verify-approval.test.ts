import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { approvalWorld, deciderFor } from '../../directory/approvals/approval-fixture.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { runCommand } from '../../support/directory/run-commands.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { run } from '../surety-runs.ts'

/** An approval is verified with files that a directory gave, and without it. */

const folder = temporaryFolder({ inMemory: true })
const at = (name: string) => join(folder.path, name)
let directory: TestDirectory
let key = ''
let shown = ''
beforeAll(async () => {
  directory = await startTestDirectory()
  const world = await approvalWorld(directory)
  const human = await world.api.human('ada')
  await world.register(human.id)
  const { id } = await world.asked()
  await world.approve(id, await deciderFor(directory, world.member(human)))
  shown = (await runCommand(directory, ['approvals', 'show', id, '--json'])).out
  await directory.sequence()
  const json = async (path: string) => (await directory.ask('GET', `/api/v1${path}`)).json as Record<string, unknown>
  const { items } = (await json('/entries?act=approval-given')) as { items: readonly { readonly id: string }[] }
  writeFileSync(at('approval.tlog-proof'), String((await json(`/entries/${items[0]?.id}`)).proof))
  writeFileSync(at('approval.json'), shown)
  key = String((await json('/entries/log')).key)
})
afterAll(async () => {
  await directory[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const verify = (...options: readonly string[]) =>
  run(['audit', 'verify', at('approval.tlog-proof'), '--key', key, ...options])

test('the signature of the person is verified, and the action with it', async () => {
  const { exitCode, out } = await verify('--approval', at('approval.json'), '--json')
  expect(JSON.parse(out)).toMatchObject({ ok: true, kind: 'entry', approvals: 1 })
  expect(exitCode).toBe(0)
  expect((await verify()).out).toContain('Approvals  1 signed by people with their passkeys')
})

test('another action is not what the person signed', async () => {
  writeFileSync(at('other.json'), shown.replaceAll('--force', '--farce'))
  const { exitCode, out } = await verify('--approval', at('other.json'))
  expect([exitCode, out]).toEqual([7, expect.stringContaining('the action is another one [SIGNATURE_INVALID]')])
})

test.each([
  ['that is none', '{}', 'INPUT_MALFORMED'],
  ['of a list, which has no action', '{"approval":{"id":"apr_x"}}', 'INPUT_MALFORMED'],
])('a file %s is refused', async (_, text, code) => {
  writeFileSync(at('bad.json'), text)
  const { exitCode, err } = await verify('--approval', at('bad.json'))
  expect([exitCode, err]).toEqual([1, expect.stringContaining(code)])
})
