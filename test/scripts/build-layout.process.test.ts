import { execFileSync, spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** Bundles for another system, as an installer takes them. Those of macOS were never run. */

const ROOT = resolve(import.meta.dirname, '../..')
const BUILD = join(ROOT, 'scripts/build.ts')
const PYTHON = '/usr/bin/python3'
const READ = 'import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], "rb"))))'
/** How long `suretyd` takes for a clean end. */
const END_WITHIN_S = 10

test('lays the programs out for macOS, without code of other systems', () => {
  using folder = temporaryFolder()
  execFileSync(process.execPath, [BUILD, '--system', 'darwin', '--without-runtime', '--out', folder.path])
  const names = readdirSync(folder.path).filter((name) => name !== 'Surety.app')
  expect(names.toSorted()).toEqual([
    ...[
      'bin',
      'org.surety.suretyd.plist',
      'org.surety.tray.plist',
      'surety',
      'surety-directory',
      'suretyd',
      'uninstall',
    ],
  ])
  for (const command of ['surety', 'surety-directory']) {
    const path = join(folder.path, 'bin', command)
    accessSync(path, constants.X_OK)
    expect(readFileSync(path, 'utf8')).toContain(`/Library/Surety/${command}/${command}.mjs "$@"`)
    expect(existsSync(join(folder.path, command, `${command}.mjs`))).toBe(true)
  }
  const code = readFileSync(join(folder.path, 'suretyd/suretyd-code.js'), 'utf8')
  // Compared as booleans, because the code is long.
  expect([code.includes('/Library/Application Support/Surety'), code.includes('nft_socket')]).toEqual([true, false])
})

test('refuses a system that it does not know', () => {
  const { status, stderr } = spawnSync(process.execPath, [BUILD, '--system', 'amiga'], { encoding: 'utf8' })
  expect(status).not.toBe(0)
  expect(stderr).toContain('--system is one of linux, darwin, windows')
})

const whenReadable = existsSync(PYTHON) ? test : test.skip
whenReadable('the property list of launchd starts the daemon, restarts it and lets it end', () => {
  const path = join(ROOT, 'installers/darwin/org.surety.suretyd.plist')
  const list = JSON.parse(execFileSync(PYTHON, ['-c', READ, path], { encoding: 'utf8' }))
  expect(list).toMatchObject({
    Label: 'org.surety.suretyd',
    ProgramArguments: ['/Library/Surety/daemon/node', '/Library/Surety/suretyd/suretyd.mjs', 'run'],
    RunAtLoad: true,
    KeepAlive: true,
    Umask: 0o077,
  })
  expect(list.ExitTimeOut).toBeGreaterThan(END_WITHIN_S)
})
