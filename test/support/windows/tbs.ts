import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Windows } from './windows.ts'

const COMPILER = '/usr/bin/x86_64-w64-mingw32-gcc'
const SOURCE = join(import.meta.dirname, 'tbs.c')
const FLAGS = ['-std=c11', '-O2', '-shared', '-static-libgcc', '-Wall', '-Wextra', '-Werror', '-D_WIN32_WINNT=0x0A00']

const KEY = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Surety Test'
const REG_BINARY = 3

/** Has Windows keep the passwords of the hierarchies of its TPM, as some versions of it do. */
export async function keepPasswords(windows: Windows, password: Uint8Array): Promise<void> {
  const value = { type: REG_BINARY, bytes: password }
  await windows.writeRegistry({ [KEY]: { StoragePassword: value, EndorsementPassword: value } })
}

/**
 * Puts a TPM behind TPM Base Services, for programs and services of this Windows. Without it Wine's own tbs.dll says that there is
 * no TPM.
 *
 * @param port of a `SharedTpm`.
 */
export async function giveTpm(windows: Windows, port: number): Promise<void> {
  const library = join(windows.driveC, 'windows/system32/tbs.dll')
  // It is a link to Wine's own, which all tests share.
  rmSync(library, { force: true })
  const args = [...FLAGS, SOURCE, '-lws2_32', '-ladvapi32', '-o', library]
  const { status, stderr } = spawnSync(COMPILER, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`tbs.dll cannot be built: ${stderr}`)
  await windows.writeRegistry({
    [KEY]: { TpmPort: port },
    'HKEY_CURRENT_USER\\Software\\Wine\\DllOverrides': { tbs: 'native' },
  })
}
