import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Windows } from './windows.ts'
import { CACHE } from './windows-runtime.ts'

const SOURCE = join(import.meta.dirname, 'stand-in.c')
const COMPILER = '/usr/bin/x86_64-w64-mingw32-gcc'

export interface StandIn {
  /** Of what it answers from now on: see `answerFile`. */
  answer(file: Uint8Array): void
  /** The command line of its last run. */
  asked(): string
}

/** What a stand-in prints, after a while, and how it ends: the file with `.answer` beside it. */
export function answerFile(
  text: string | Uint8Array,
  { exitCode = 0, waitMs = 0 }: { readonly exitCode?: number; readonly waitMs?: number } = {},
): Buffer {
  return Buffer.concat([Buffer.from(`${exitCode} ${waitMs}\n`), Buffer.from(text)])
}

/** Puts a program of ours in the place of one of Windows. @param path below C:, such as `windows/system32/x.exe`. */
export function standIn({ driveC }: Pick<Windows, 'driveC'>, path: string): StandIn {
  const program = join(driveC, path)
  mkdirSync(dirname(program), { recursive: true })
  // It may be a link to a file that all tests share.
  rmSync(program, { force: true })
  copyFileSync(compiled(), program)
  return {
    answer: (file) => writeFileSync(`${program}.answer`, file),
    asked: () => readFileSync(`${program}.asked`).toString('utf16le'),
  }
}

function compiled(): string {
  const hash = createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 16)
  const output = join(CACHE, `stand-in-${hash}.exe`)
  if (existsSync(output)) return output
  const unfinished = `${output}.${process.pid}.tmp`
  const args = ['-O2', '-Wall', '-Wextra', '-Werror', SOURCE, '-o', unfinished]
  const { status, stderr } = spawnSync(COMPILER, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the stand-in cannot be compiled: ${stderr.trim().split('\n')[0]}`)
  renameSync(unfinished, output)
  return output
}
