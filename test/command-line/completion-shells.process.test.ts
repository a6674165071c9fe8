import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { completionScript } from '../../src/command-line/completion-commands.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** The scripts in the shells themselves, with the real programs behind them. */

const ROOT = resolve(import.meta.dirname, '../..')
const MAINS = { surety: 'src/main-cli.ts', 'surety-directory': 'src/main-directory.ts' } as const
type Program = keyof typeof MAINS

/** A folder with both programs as commands, and their scripts. */
function linked(shell: 'bash' | 'zsh' | 'fish') {
  const folder = temporaryFolder()
  for (const [name, main] of Object.entries(MAINS)) {
    const path = join(folder.path, name)
    writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, main)}' "$@"\n`)
    chmodSync(path, 0o755)
    writeFileSync(join(folder.path, `${name}.${shell}`), completionScript(shell, name))
  }
  return folder
}

function runIn(shell: string, folder: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(shell, args, {
    cwd: folder,
    env: { PATH: `${folder}:/usr/bin:/bin`, HOME: folder, LANG: 'C.UTF-8', TERM: 'dumb' },
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}

/** What bash would put into the line, word by word. */
function inBash(program: Program, line: string): readonly string[] {
  using folder = linked('bash')
  const name = `_${program.replaceAll('-', '_')}`
  const script = [
    `source ${program}.bash`,
    `COMP_LINE=$1 COMP_POINT=\${#1}`,
    // As readline cuts words: at white space, = and @.
    `current=\${COMP_LINE##*[[:space:]=@]}`,
    `${name} ${program} "$current" previous`,
    `printf "%s\\n" "\${COMPREPLY[@]}"`,
  ]
  const out = runIn('/bin/bash', folder.path, ['-euc', script.join('\n'), 'bash', line])
  return out.split('\n').filter((word) => word !== '')
}

const onBash = existsSync('/bin/bash') ? test : test.skip

onBash.each<[Program, string, readonly string[]]>([
  ['surety-directory', 'surety-directory dev', ['devices']],
  ['surety-directory', 'surety-directory devices ret', ['retire']],
  ['surety-directory', 'surety-directory devices list --verd', ['--verdict']],
  ['surety-directory', 'surety-directory devices list --verdict not', ['not-compliant']],
  ['surety-directory', 'surety-directory devices list --verdict=not', ['not-compliant']],
  ['surety-directory', 'surety-directory devices   list  --verdict  stal', ['stale']],
  ['surety-directory', 'surety-directory nosuch ', []],
  ['surety', 'surety expl', ['explain']],
  ['surety', 'surety schema surety/status@', ['1']],
  ['surety', 'surety schema surety/stat', ['surety/status@1']],
])('bash: %s: %j', (program, line, expected) => expect(inBash(program, line)).toEqual(expected))

test('bash: what a program prints is never run', () => {
  using folder = linked('bash')
  const marker = join(folder.path, 'ran')
  writeFileSync(
    join(folder.path, 'surety'),
    `#!/bin/sh\nprintf '%s\\n' '$(touch ${marker})' '\`touch ${marker}\`' 'x;touch ${marker}'\n`,
  )
  const script = `source surety.bash; COMP_LINE="surety " COMP_POINT=7; _surety surety "" surety; printf "%s\\n" "\${#COMPREPLY[@]}"`
  expect(runIn('/bin/bash', folder.path, ['-euc', script])).toBe('3\n')
  expect(existsSync(marker)).toBe(false)
})

const ZSH = '/usr/bin/zsh'
const onZsh = existsSync(ZSH) ? test : test.skip

onZsh.each<[Program, readonly string[], readonly string[]]>([
  ['surety-directory', ['devices', 'ret'], ['retire:retire a device: it is refused from then on']],
  ['surety', ['expl'], [expect.stringMatching(/^explain:explain a check/)]],
])('zsh: %s %j', (program, words, expected) => {
  using folder = linked('zsh')
  const name = `_${program.replaceAll('-', '_')}`
  const script = [
    // The parts of the completion system that the script calls.
    'compdef() { }',
    `_describe() { print -rl -- "\${(@P)2}" }`,
    '_files() { print -r -- FILES }',
    `source ${program}.zsh`,
    `words=(${program} "$@") CURRENT=$(( $# + 1 ))`,
    name,
  ]
  const out = runIn(ZSH, folder.path, ['-f', '-c', script.join('\n'), 'zsh', ...words])
  expect(out.split('\n').filter((line) => line !== '')).toEqual(expected)
})

const FISH = '/usr/bin/fish'
const onFish = existsSync(FISH) ? test : test.skip

onFish.each<[Program, string, readonly string[]]>([
  ['surety-directory', 'surety-directory devices ret', ['retire\tretire a device: it is refused from then on']],
  ['surety-directory', 'surety-directory devices list --verdict=not', ['--verdict=not-compliant']],
  ['surety', 'surety expl', [expect.stringMatching(/^explain\texplain a check/)]],
])('fish: %s: %j', (program, line, expected) => {
  using folder = linked('fish')
  const out = runIn(FISH, folder.path, ['--no-config', '-c', `source ${program}.fish; complete -C '${line}'`])
  expect(out.split('\n').filter((one) => one !== '')).toEqual(expected)
})

const SCRIPT = '/usr/bin/script'
const onTerminal = existsSync(SCRIPT) && existsSync('/bin/bash') ? test : test.skip

onTerminal('bash: the Tab key of a person, on a terminal', () => {
  using folder = linked('bash')
  const keys = ['source surety-directory.bash', 'surety-directory expl\t TIER_TO\t', 'exit', ''].join('\n')
  const { stdout } = spawnSync(SCRIPT, ['-qec', '/bin/bash --norc --noprofile -i', '/dev/null'], {
    cwd: folder.path,
    env: { PATH: `${folder.path}:/usr/bin:/bin`, HOME: folder.path, LANG: 'C.UTF-8', TERM: 'dumb', SHELL: '/bin/bash' },
    input: keys,
    encoding: 'utf8',
  })
  // The terminal of `script` is narrow.
  expect(stdout.replace(/\s+/g, ' ')).toMatch(/explain TIER_TOO_LOW .*asks for more than this device proves/)
})
