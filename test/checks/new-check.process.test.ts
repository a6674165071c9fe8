import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { temporaryFolder } from '../support/temporary-folder.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const CARD = `import { check } from './check.ts'

const texts = { title: 'The lid is closed', problem: 'The lid is open', why: 'Dust.', person: { any: 'it takes a hand' } }

export const lidClosed = check('lid.closed', {
  weight: 'advisory',
  passes: 'the lid is closed',
  systems: { linux: 'ACPI', macos: { absent: 'no lid' }, windows: { absent: 'no lid' } },
  minutes: 1,
  english: { ...texts, steps: { any: ['Close it.'] } },
  german: { ...texts, steps: { any: ['Zumachen.'] } },
})
`
const CHECK = `import { pass } from '../check-outcome.ts'

export const checkLid = async () => pass('closed')
`
/** Prints what is derived from the cards. */
const DERIVED = `
import { checkPage, protocolRows } from './scripts/check-page.ts'
import { CHECKS } from './src/checks/checks.ts'
import { checkNamed } from './src/cli/status/check-commands.ts'
import { daemonSettings } from './src/config/daemon.ts'
import { DEFAULT_POLICY_TEXT } from './src/directory/policy/default-policy.ts'
import { DEFAULT_POLICY } from './src/directory/policy/policy.ts'
import { DARWIN_CHECKS } from './src/posture/darwin/checks.ts'
import { LINUX_CHECKS } from './src/posture/linux/checks.ts'
import { headlineOf, remedyOf, whyPerson } from './src/view/checks/check-catalogue.ts'
const check = checkNamed('lid.closed')
console.log(JSON.stringify([
  CHECKS.at(-1),
  checkPage().includes('| [lid.closed](#lidclosed) | advisory | ACPI | – | – |'),
  protocolRows().includes('| \`lid.closed\` | the lid is closed | advisory |'),
  DEFAULT_POLICY_TEXT.includes('  lid.closed: advisory'),
  DEFAULT_POLICY.checks[check],
  JSON.stringify(daemonSettings['posture.skip']).includes(check),
  await LINUX_CHECKS[check].run(),
  await DARWIN_CHECKS[check].run(),
  headlineOf(check, 'fail', 'en'),
  remedyOf({ check, state: 'fail' }, 'de', []).steps,
  whyPerson(check, 'linux'),
]))
`

test('a check needs its card, a line in the list, and a file and a row on each system', () => {
  using folder = temporaryFolder()
  const at = (file: string) => join(folder.path, file)
  for (const part of ['src', 'scripts/check-page.ts', 'tsconfig.base.json', 'package.json']) {
    cpSync(join(ROOT, part), at(part), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), at('node_modules'))
  const compile = () =>
    spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-b', at('src')], { encoding: 'utf8' })
  const edit = (file: string, change: (text: string) => string) =>
    writeFileSync(at(file), change(readFileSync(at(file), 'utf8')))

  writeFileSync(at('src/checks/lid-closed.ts'), CARD)
  edit(
    'src/checks/checks.ts',
    (text) => `import { lidClosed } from './lid-closed.ts'\n${text.replace(/\] as const/, 'lidClosed, $&')}`,
  )
  const { stdout } = compile()
  const wrong = [...stdout.matchAll(/^(?:.*\/)?(src\/[\w/.-]+)\(\d+,\d+\): error/gm)].map(([, file]) => file)
  expect(wrong).toEqual(['src/posture/linux/checks.ts'])

  writeFileSync(at('src/posture/linux/lid.ts'), CHECK)
  edit(
    'src/posture/linux/checks.ts',
    (text) =>
      `import { checkLid } from './lid.ts'\n${text.replace(/\}\)\n$/, "  'lid.closed': { reads: 'files', run: checkLid },\n$&")}`,
  )
  expect(compile().stdout).toBe('')

  writeFileSync(at('derived.ts'), DERIVED)
  expect(JSON.parse(execFileSync(process.execPath, [at('derived.ts')], { encoding: 'utf8' }))).toEqual([
    'lid.closed',
    true,
    true,
    true,
    'advisory',
    true,
    { state: 'pass', detail: 'closed' },
    { state: 'not-applicable', reason: 'no lid' },
    'The lid is open',
    ['Zumachen.'],
    'it takes a hand',
  ])
})
