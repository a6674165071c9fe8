import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Windows } from '../../support/windows/windows.ts'

export interface Installation {
  readonly action: '/i' | '/x'
  readonly path: string
  readonly properties?: readonly string[]
}

interface Installed {
  /** Of Windows, and not modulo 256. */
  readonly status: number
  readonly log: string
}

let logs = 0

/**
 * Runs Windows Installer silently, with a log each. By a file of commands: `msiexec` wants quotes inside of an argument, the exit code
 * is whole, and several start Windows once.
 */
export async function msiexec(
  windows: Windows,
  ...installations: readonly Installation[]
): Promise<readonly Installed[]> {
  const first = logs
  const onC = (name: string) => join(windows.driveC, name)
  const lines = installations.map(({ action, path, properties = [] }) => {
    const log = `C:\\install-${logs++}.log`
    const given = properties.map((property) => `${property.replace('=', '="')}"`)
    const command = ['msiexec', action, `"${windows.nameOf(path)}"`, '/qn', '/l*v', log, ...given]
    return `${command.join(' ')}\r\necho %errorlevel% > ${log}.code\r\n`
  })
  writeFileSync(onC('run.cmd'), oldText(`@echo off\r\n${lines.join('')}`))
  await windows.runProgram('cmd', ['/d', '/c', 'C:\\run.cmd'])
  return installations.map((_, at) => {
    const bytes = readFileSync(onC(`install-${first + at}.log`))
    return {
      status: Number(readFileSync(onC(`install-${first + at}.log.code`), 'utf8')),
      log: bytes.toString(bytes[1] === 0 || bytes[0] === 0xff ? 'utf16le' : 'utf8'),
    }
  })
}

/** In the code page of files of commands. */
function oldText(text: string): Buffer {
  return Buffer.from(text.replaceAll('ü', '\x81').replaceAll('Å', '\x8f'), 'latin1')
}
