import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { powerShell } from '../../../src/system/program/powershell.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/**
 * How the output of PowerShell is taken, by a script of sh in its place. Its name on Linux has backslashes, as its path on Windows
 * has. That the real start of a program of Windows works is seen under Wine, in `posture.wine.test.ts`.
 */

const END = 'surety: end of output'
const never = new AbortController().signal

function shellThat(script: string) {
  const folder = temporaryFolder()
  const systemRoot = join(folder.path, 'windows')
  mkdirSync(folder.path, { recursive: true })
  const program = `${systemRoot}\\System32\\WindowsPowerShell\\v1.0\\powershell.exe`
  writeFileSync(
    program,
    `#!/bin/sh\nprintf '%s\\n' "$@" > ${folder.path}/asked\n/usr/bin/env > ${folder.path}/env\n${script}\n`,
  )
  chmodSync(program, 0o755)
  return {
    run: (timeoutMs = 60_000, signal = never) => powerShell({ systemRoot }).run('Get-X', { signal, timeoutMs }),
    asked: () => readFileSync(join(folder.path, 'asked'), 'utf8'),
    env: () => readFileSync(join(folder.path, 'env'), 'utf8'),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  }
}

test('gives what was printed before the last line of ours', async () => {
  using shell = shellThat(`printf 'one\\r\\ntwo Größe\\r\\n${END}\\r\\n'`)
  expect(await shell.run()).toBe('one\ntwo Größe')
  expect(shell.asked().split('\n').slice(0, 6)).toEqual([
    ...['-NoProfile', '-NonInteractive', '-NoLogo', '-ExecutionPolicy', 'Bypass', '-Command'],
  ])
  expect(shell.asked()).toContain("$ErrorActionPreference = 'Stop'; [Console]::OutputEncoding")
  expect(shell.asked()).toContain(`; Get-X; '${END}'`)
})

test('hands over no variable of ours', async () => {
  using shell = shellThat(`printf 'x\\n${END}\\n'`)
  process.env.SURETY_TEST_SECRET = 'hush'
  try {
    await shell.run()
  } finally {
    delete process.env.SURETY_TEST_SECRET
  }
  expect(shell.env()).not.toContain('hush')
  expect(shell.env()).toMatch(/^PSModulePath=.*System32\\WindowsPowerShell\\v1\.0\\Modules$/m)
})

test.each<[string, string, string]>([
  ['nothing', 'true', 'COMMAND_FAILED'],
  ['our line alone', `echo '${END}'`, 'COMMAND_FAILED'],
  ['spaces alone', `printf '  \\n\\n${END}\\n'`, 'COMMAND_FAILED'],
  ['a text that is cut', 'echo one', 'COMMAND_FAILED'],
  ['more after our line', `printf 'one\\n${END}\\ntwo\\n'`, 'COMMAND_FAILED'],
  ['a failure with whole output', `printf 'one\\n${END}\\n'; exit 1`, 'COMMAND_FAILED'],
  ['another code page', `printf 'Gr\\366\\337e\\n${END}\\n'`, 'COMMAND_FAILED'],
  ['UTF-16', `printf 'x\\n${END}\\n' | /usr/bin/iconv -t UTF-16LE`, 'COMMAND_FAILED'],
  ['an end by a signal', 'kill -9 $$', 'COMMAND_FAILED'],
  ['two megabytes', '/usr/bin/head -c 2097152 /dev/zero', 'COMMAND_OUTPUT_TOO_LARGE'],
])('%s is refused', async (_, script, code) => {
  using shell = shellThat(script)
  expect(await codeThrown(() => shell.run())).toBe(code)
})

test('one that hangs is ended at its time', async () => {
  using shell = shellThat(`printf 'x\\n${END}\\n'; exec /usr/bin/sleep 600`)
  expect(await codeThrown(() => shell.run(200))).toBe('COMMAND_TIMED_OUT')
})

test('an abort ends it, and none is started after one', async () => {
  using shell = shellThat('exec /usr/bin/sleep 600')
  const controller = new AbortController()
  const running = shell.run(60_000, controller.signal)
  controller.abort(new Error('stopping'))
  await expect(running).rejects.toThrow('stopping')
  await expect(shell.run(60_000, controller.signal)).rejects.toThrow('stopping')
})

test('a Windows without it fails with COMMAND_ABSENT', async () => {
  const run = () => powerShell({ systemRoot: '/nowhere' }).run('x', { signal: never, timeoutMs: 1000 })
  expect(await codeThrown(run)).toBe('COMMAND_ABSENT')
})
