import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { runCommand } from '../../support/directory/run-commands.ts'

let directory: TestDirectory
directoryForAll((started) => {
  directory = started
})

const run = (...args: readonly string[]) => runCommand(directory, ['rules', ...args])
const file = (rules: string) => {
  const path = join(directory.folder, 'rules.yaml')
  writeFileSync(path, `schema: surety/rules@1\nrules:${rules}`)
  return path
}
const SOUND = '\n  - {name: no-openclaw, match: {product: openclaw}, action: block, reason: not approved}\n'

test('what show prints can be set again, and history and rollback tell of it', async () => {
  const shown = await run('show')
  expect(shown).toMatchObject({ exitCode: 0, err: '', out: 'schema: surety/rules@1\nrules: []\n' })
  const path = file(SOUND)
  expect((await run('check', path)).out).toBe(`${path} is sound: 1 rule\n`)
  expect((await run('set', path)).out).toMatch(/^version 1 of the rules is in use\. See what they decide: /)
  expect((await run('rollback', '0')).out).toMatch(/^version 2 of the rules is in use/)
  const { out } = await run('history')
  const rows = out.trimEnd().split('\n').slice(1)
  expect(rows.map((row) => row.trim().slice(0, 1))).toEqual(['2', '1', '0'])
  expect(rows[0]).toMatch(/\tadministrator\t.*in use, restores 0\t$/)
  expect((await run('show', '1')).out).toContain('no-openclaw')
  const json = JSON.parse((await run('history', '--json')).out)
  expect(json).toMatchObject({ schema: 'surety-directory/rules-history@1', versions: [{ version: 2 }, {}, {}] })
  const limited = JSON.parse((await run('history', '--limit', '2', '--json')).out)
  expect(limited.versions).toMatchObject([{ version: 2 }, { version: 1 }])
  const events = await runCommand(directory, ['events', 'list', '--kind', 'rules-set'])
  expect(events.out).toMatch(/rules-set/)
})

test('refuses a rule that fits everything, unless forced or with the action ask', async () => {
  const broad = file(
    '\n  - {name: all, match: {}, action: block, reason: not approved}\n  - {name: b, match: {known: true}, action: ask}\n',
  )
  const tested = await run('test', broad)
  expect(tested.out).toMatch(/^there now: 0 agents, 0 of them unregistered/)
  expect(tested.out).toMatch(
    /^it would be refused: line 3: the rule all asks for nothing, so it would block every agent/m,
  )
  expect(tested.out).toMatch(/^warning: line 4: b never decides: all fits everything before$/m)
  expect(await run('set', broad)).toMatchObject({
    exitCode: 1,
    err: expect.stringMatching(/line 3.*--force \[CONFLICT\]/s),
  })
  expect((await run('show')).out).toBe('schema: surety/rules@1\nrules: []\n')
  expect((await run('set', '--force', broad)).out).toMatch(/^version 1 of the rules is in use, although they are broad/)
  expect(await run('set', file('\n  - {name: all, match: {}, action: ask}\n'))).toMatchObject({ exitCode: 0 })
})

test('a file that is not sound is refused with its line, and the rules in use stay', async () => {
  const bad = file('\n  - {name: a, match: {product: x}, action: block}\n')
  const refused = {
    exitCode: 1,
    err: expect.stringMatching(/rules\.yaml: line 3: block needs a reason.* \[INPUT_MALFORMED\]/s),
  }
  for (const command of ['check', 'test', 'set']) expect(await run(command, bad)).toMatchObject(refused)
  expect(await run('show', '7')).toMatchObject({ exitCode: 1, err: expect.stringContaining('[NOT_FOUND]') })
  expect(await run('rollback', 'one')).toMatchObject({ exitCode: 2 })
  expect(await run('set', '/nowhere/rules.yaml')).toMatchObject({ exitCode: 1 })
})
