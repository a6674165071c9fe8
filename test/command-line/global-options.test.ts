import { startTestDirectory, type TestDirectory } from '../support/directory/directory-api.ts'
import { runCommand } from '../support/directory/run-commands.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

let directory: TestDirectory
beforeAll(async () => {
  directory = await startTestDirectory()
})
afterAll(() => directory[Symbol.asyncDispose]())

const run = (...args: readonly string[]) => runCommand(directory, args, {}, { data: false })

test('global options stand before, between and after the words of a command', async () => {
  const data = ['--data', directory.folder]
  const expected = await run('devices', 'list', '--json', ...data)
  expect(expected).toMatchObject({ exitCode: 0, out: expect.stringContaining('"surety-directory/devices@1"'), err: '' })
  expect(await run('--json', ...data, 'devices', 'list')).toEqual(expected)
  expect(await run('--json', 'devices', ...data, 'list')).toEqual(expected)
  expect(await run(...data, 'devices', 'list', '--json')).toEqual(expected)
  expect(await run(`--data=${directory.folder}`, '--json', 'devices', 'list')).toEqual(expected)
  expect(await run('--profile', directory.profileFile, 'devices', 'list', '--json')).toEqual(expected)
})

test('the last one of an option that is given twice counts', async () => {
  using other = temporaryFolder()
  expect((await run('--data', other.path, 'devices', 'list', '--data', directory.folder)).exitCode).toBe(0)
  expect((await run('--data', directory.folder, 'devices', 'list', '--data', other.path)).exitCode).toBe(1)
})

test('an option of the command with the same value as a global one is no global one', async () => {
  const data = ['--data', directory.folder]
  const { exitCode, err } = await run(...data, 'token', 'create', '--owner', 'json', '--minimum-tier', 'software')
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: expect.stringContaining('owner         json\n') })
})
