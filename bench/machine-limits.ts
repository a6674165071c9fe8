import { execFileSync } from 'node:child_process'
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median } from './benchmark.ts'

/** P-256 verifications per second of OpenSSL on one core. */
export function opensslVerifyRate(core: number): number {
  const args = ['-c', String(core), '/usr/bin/openssl', 'speed', '-seconds', '3', '-mr', 'ecdsap256']
  const output = execFileSync('/usr/bin/taskset', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  // Machine-readable: +F<n>:<index>:<bits>:<seconds per sign>:<seconds per verify>
  const [, verify] = /^\+F\d+:\d+:256:[\d.e+-]+:([\d.e+-]+)/m.exec(output) ?? []
  const value = Number(verify)
  if (!(value > 0)) throw new Error(`unexpected output of openssl speed: ${output}`)
  return value < 1 ? 1 / value : value
}

/** Median milliseconds to write and sync one page on the disk of the databases. */
export function pageSyncMs(): number {
  const folder = mkdtempSync(join(tmpdir(), 'surety-sync-'))
  const file = openSync(join(folder, 'page'), 'w')
  try {
    const page = Buffer.alloc(4096, 1)
    const times = Array.from({ length: 200 }, (_, index) => {
      const start = performance.now()
      writeSync(file, page, 0, page.length, index * page.length)
      fdatasyncSync(file)
      return performance.now() - start
    })
    return median(times)
  } finally {
    closeSync(file)
    rmSync(folder, { recursive: true })
  }
}
