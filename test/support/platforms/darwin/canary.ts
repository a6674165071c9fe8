import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

const COMPILER = '/usr/bin/gcc'
const SOURCE = resolve(import.meta.dirname, '../../../../native/darwin/canary/canary.c')

export const HAS_COMPILER = existsSync(COMPILER)

/** The canary of macOS for this system: what it calls is the same here. */
export function darwinCanary(folder: string): string {
  const program = join(folder, 'surety-canary-darwin')
  const args = ['-std=c11', '-O1', '-Wall', '-Wextra', '-Werror', '-fno-builtin', '-o', program, SOURCE]
  const { status, stderr } = spawnSync(COMPILER, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return program
}
