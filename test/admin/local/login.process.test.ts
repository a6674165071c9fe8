import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { serveForAll } from '../../support/directory/directory-process.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** `login` as a program: the token comes by a pipe or a terminal, and stands in no argument and on no screen. */

const MAIN = resolve(import.meta.dirname, '../../../src/main-directory.ts')
const directory = serveForAll()

function user() {
  const home = temporaryFolder()
  const { token, ca, url } = JSON.parse(readFileSync(join(directory.path, 'administrator.json'), 'utf8'))
  writeFileSync(join(home.path, 'ca.pem'), ca)
  const file = join(home.path, '.config/surety/contexts.yaml')
  const args = [MAIN, 'login', 'here', '--url', url, '--ca', join(home.path, 'ca.pem')]
  const env = { PATH: '/usr/bin:/bin', HOME: home.path, TERM: 'dumb' }
  return { token: String(token), file, args, env, [Symbol.dispose]: home[Symbol.dispose] }
}

test('a pipe', () => {
  using here = user()
  const { status, stdout, stderr } = spawnSync(process.execPath, here.args, {
    env: here.env,
    input: `${here.token}\n`,
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(`${stdout}${stderr}`).not.toContain(here.token)
  expect(readFileSync(here.file, 'utf8')).toContain(here.token)
  const list = spawnSync(process.execPath, [MAIN, 'devices', 'list'], { env: here.env, encoding: 'utf8' })
  expect([list.status, list.stdout, list.stderr]).toEqual([0, expect.stringMatching(/^id\t[^\n]+\n$/), 'no devices\n'])
})

test.each([
  ['nothing', '', /nothing was typed or piped: the help names .*\[USAGE_INVALID\]/, 2],
  ['another token', `surety_adm_${'A'.repeat(43)}\n`, /\[UNAUTHENTICATED\]/, 1],
  ['no token', 'hunter2\n', /the token begins with surety_adm_ .*\[CONFIG_INVALID\]/, 2],
])('a pipe with %s is refused, and nothing is stored', (_, input, said, exitCode) => {
  using here = user()
  const { status, stdout, stderr } = spawnSync(process.execPath, here.args, { env: here.env, input, encoding: 'utf8' })
  expect({ status, stdout, stderr }).toEqual({ status: exitCode, stdout: '', stderr: expect.stringMatching(said) })
  expect([existsSync(here.file), stderr.includes('hunter2')]).toEqual([false, false])
})

const SCRIPT = '/usr/bin/script'
const onTerminal = existsSync(SCRIPT) ? test : test.skip

onTerminal('a terminal: the token is asked for, and not shown', () => {
  using here = user()
  const command = [process.execPath, ...here.args].map((word) => `'${word}'`).join(' ')
  const { stdout } = spawnSync(SCRIPT, ['-qec', command, '/dev/null'], {
    env: { ...here.env, SHELL: '/bin/sh' },
    input: `${here.token}\n`,
    encoding: 'utf8',
  })
  expect(stdout).toMatch(/Token: [\s\S]*context +here/)
  expect(readFileSync(here.file, 'utf8')).toContain(here.token)
})
