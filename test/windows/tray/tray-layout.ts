import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { TrayDocument } from '../../../src/cli/tray/tray-document.ts'
import { trayText } from '../../../src/cli/tray/tray-formats.ts'
import type { Windows, WindowsProgram, WindowsResult } from '../../support/windows/windows.ts'

/** The tray host as an installer lays it out, with a command line and a notification area that stand in for the real ones. */

const ROOT = resolve(import.meta.dirname, '../../..')
const COMPILER = '/usr/bin/x86_64-w64-mingw32-gcc'
const FLAGS = ['-std=c11', '-O2', '-municode', '-Wall', '-Wextra', '-Werror', '-D_WIN32_WINNT=0x0A00', '-DUNICODE']

/** What the command line was started with; see tray-program.mjs. */
interface Seen {
  readonly pid: number
  readonly args: readonly string[]
  readonly nodeOptions: string | null
  readonly folder: string
}

export interface TrayLayout {
  readonly host: string
  /** What the command line prints next; it need not be a document. */
  say(...lines: readonly (TrayDocument | string)[]): void
  /** What it prints for an action. */
  answer(text: string): void
  crash(): void
  stopCrashing(): void
  seen(): readonly Seen[]
  startArea(): WindowsProgram
  refuseIcons(isRefused: boolean): void
  /** As a user would; see tray-probe.c. */
  probe(...args: readonly string[]): Promise<WindowsResult>
}

/** @param name of the folder, which may have spaces and any characters. */
export function trayLayout(windows: Windows, name: string): TrayLayout {
  const folder = join(windows.driveC, 'Program Files', name)
  const program = join(folder, 'surety')
  mkdirSync(program, { recursive: true })
  linkSync(join(windows.driveC, 'Program Files/nodejs/node.exe'), join(folder, 'node.exe'))
  copyFileSync(join(ROOT, 'native/build/surety-tray.exe'), join(folder, 'surety-tray.exe'))
  copyFileSync(join(import.meta.dirname, 'tray-program.mjs'), join(program, 'surety.mjs'))
  for (const tool of ['tray-probe', 'tray-area']) compile(windows, tool)
  const at = (file: string) => join(program, file)
  return {
    host: `C:\\Program Files\\${name}\\surety-tray.exe`,
    say: (...lines) =>
      writeFileSync(
        at('lines'),
        lines
          .map((line) => (typeof line === 'string' ? `${line}\n` : trayText(line, 'lines', { watch: true })))
          .join(''),
      ),
    answer: (text) => writeFileSync(at('answer'), text),
    crash: () => writeFileSync(at('crash'), ''),
    stopCrashing: () => rmSync(at('crash')),
    seen: () =>
      existsSync(at('seen.jsonl'))
        ? readFileSync(at('seen.jsonl'), 'utf8')
            .split('\n')
            .slice(0, -1)
            .map((line) => JSON.parse(line))
        : [],
    startArea: () => windows.startProgram('C:\\tray-area.exe'),
    refuseIcons(isRefused) {
      const file = join(windows.driveC, 'refuse-icons')
      if (isRefused) writeFileSync(file, '')
      else rmSync(file)
    },
    probe: (...args) => windows.runProgram('C:\\tray-probe.exe', args),
  }
}

function compile(windows: Windows, name: string): void {
  const source = join(import.meta.dirname, `${name}.c`)
  const args = [...FLAGS, source, '-o', join(windows.driveC, `${name}.exe`)]
  const { status, stderr } = spawnSync(COMPILER, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}
