import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { madeSystem, PLACES } from '../../hooks/made-system.ts'
import { sampleStatus } from '../../support/daemon/sample-status.ts'
import { daemonWith, run } from '../surety-runs.ts'

const on = (platform: 'windows' | 'darwin', command: string) =>
  run(command, daemonWith(sampleStatus()), {}, { platform })

test('render prints each file below its path, and asks no daemon', async () => {
  const { exitCode, out, err, sockets } = await run('hooks render')
  expect([exitCode, err, sockets]).toEqual([0, '', []])
  const clients = ['claude-code', 'codex', 'copilot-cli', 'cursor', 'gemini-cli', 'windsurf'] as const
  expect(out.match(/^=== .*$/gm)).toEqual(clients.map((client) => `=== ${PLACES[client]}`))
})

test('render prints what install writes, for the clients that were named', async () => {
  using system = madeSystem()
  const { out } = await run('hooks render --client cursor codex --only-managed --json')
  await run(`hooks install --root ${system.root} --client cursor codex --only-managed`)
  expect(JSON.parse(out).files).toEqual(
    (['codex', 'cursor'] as const).map((client) => ({
      client,
      file: PLACES[client],
      text: readFileSync(system.at(PLACES[client]), 'utf8'),
    })),
  )
})

test('render takes this system, or the one that was named', async () => {
  const windows = '=== C:\\ProgramData\\Cursor\\hooks.json'
  expect((await run('hooks render --client cursor --os windows')).out).toContain(windows)
  expect((await run('hooks render --client cursor --os macos')).out).toContain('=== /Library/Application Support/')
  expect((await on('windows', 'hooks render --client cursor')).out).toContain(windows)
  expect((await on('windows', 'hooks render --client cursor --os linux')).out).toContain('=== /etc/cursor/hooks.json')
})

test('a client without a setting for managed hooks is named', async () => {
  const { exitCode, err } = await run('hooks render --only-managed --client claude-code windsurf')
  expect([exitCode, err]).toEqual([0, 'surety: --only-managed has no effect on windsurf: they have no such setting\n'])
  expect((await run('hooks render --only-managed --client claude-code')).err).toBe('')
})

test('install, list and uninstall say what they did', async () => {
  using system = madeSystem()
  const file = system.at(PLACES['gemini-cli'])
  const said = async (command: string) => {
    const { exitCode, out, err } = await run(`hooks ${command} --root ${system.root} --client gemini-cli`)
    expect([exitCode, err]).toEqual([0, ''])
    return out
  }
  expect(await said('install --dry-run')).toBe(`Would install: gemini-cli, ${file}\n\nNothing was changed.\n`)
  expect(existsSync(file)).toBe(false)
  expect(await said('list')).toMatch(/gemini-cli +not installed +\//)
  expect(await said('install')).toBe(`Installed: gemini-cli, ${file}\n`)
  expect(await said('install')).toBe(`Already there: gemini-cli, ${file}\n`)
  expect(await said('list')).toMatch(/gemini-cli +installed +\//)
  writeFileSync(file, '{}')
  expect(await said('list')).toMatch(/gemini-cli +ALTERED +\//)
  const kept = `gemini-cli, ${file}; the changed file`
  expect(await said('uninstall --force --dry-run')).toContain(
    `Would remove: ${kept} would be kept as ${file}.changed\n`,
  )
  expect(readFileSync(file, 'utf8')).toBe('{}')
  expect(await said('uninstall --force')).toBe(`Removed: ${kept} is kept as ${file}.changed\n`)
  expect(await said('uninstall')).toBe(`Not installed: gemini-cli, ${file}\n`)
})

test('list names why a client has no file, or could not be checked', async () => {
  using system = madeSystem()
  system.write(PLACES.cursor, '{}', 0o666)
  const { exitCode, out } = await run(`hooks list --root ${system.root}`)
  expect(exitCode).toBe(0)
  expect(out).toMatch(/cursor +could not check/)
  expect(out).toMatch(/cursor: .*can be written by others: chmod/)
  expect(out).toMatch(/opencode: not supported yet/)
  expect(out).toMatch(/vscode: .*reads that of copilot-cli/)
})

test.each([
  ['hooks render --client nothing', 2, 'USAGE_INVALID', /nothing/],
  ['hooks render --os beos', 2, 'USAGE_INVALID', /beos/],
  ['hooks render --client', 2, 'USAGE_INVALID', /--client/],
  ['hooks render --force', 2, 'USAGE_INVALID', /--force/],
  ['hooks list --dry-run', 2, 'USAGE_INVALID', /--dry-run/],
  ['hooks nothing', 2, 'USAGE_INVALID', /nothing/],
  ['hooks render --client vscode', 1, 'NOT_SUPPORTED', /vscode: no file of administrators/],
  ['hooks install --client cursor opencode --root /nowhere', 1, 'NOT_SUPPORTED', /opencode: not supported yet/],
  ['hooks install --root /nowhere/at/all', 1, 'FILE_ABSENT', /install the package/],
] as const)('`surety %s` is refused with %i', async (command, code, name, words) => {
  const { exitCode, out, err } = await run(command)
  expect([exitCode, out]).toEqual([code, ''])
  expect(err).toContain(`[${name}]`)
  expect(err).toMatch(words)
})

test.each(['install', 'uninstall', 'list'])('%s is refused on other systems than Linux', async (act) => {
  for (const platform of ['windows', 'darwin'] as const) {
    const { exitCode, err } = await on(platform, `hooks ${act}`)
    expect(exitCode).toBe(1)
    expect(err).toContain('distribute what surety hooks render prints')
  }
})

test('a refusal names the file and the line', async () => {
  using system = madeSystem()
  system.write(PLACES.cursor, '{\n  "version": 1,\n}')
  const { exitCode, out, err } = await run(`hooks install --root ${system.root}`)
  expect([exitCode, out]).toEqual([1, ''])
  expect(err).toContain(`"${system.at(PLACES.cursor)}": line 3: the name of a member is missing`)
})

test('no help shows the option for the root of another system', async () => {
  for (const act of ['install', 'uninstall', 'list']) {
    expect((await run(`hooks ${act} --help`)).out).not.toContain('--root')
  }
})
