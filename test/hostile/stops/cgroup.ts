import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '../../support/wait-for.ts'

/** Where cgroup version 2 is mounted; undefined where it is not, or is not ours to change. */
export const CGROUP_ROOT = findRoot()

/** `test` where cgroups can be frozen; else the tests are skipped, aloud. */
export function withCgroups(what: string): typeof test | typeof test.skip {
  if (CGROUP_ROOT === undefined) process.stderr.write(`skipped: ${what} needs root and cgroup version 2\n`)
  return CGROUP_ROOT === undefined ? test.skip : test
}

function findRoot(): string | undefined {
  if (process.geteuid?.() !== 0) return undefined
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  return lines.find((line) => line.includes(' - cgroup2 '))?.split(' ')[4]
}

let made = 0

/** A cgroup that ends with all that is in it. */
export class TestCgroup implements AsyncDisposable {
  readonly path: string

  /** @param init.existing the folder of a cgroup that exists already. */
  constructor(init: { readonly existing?: string } = {}) {
    this.path = init.existing ?? join(CGROUP_ROOT ?? '', `surety-test-${process.pid}-${made++}`)
    if (init.existing === undefined) mkdirSync(this.path)
  }

  /** From the root of the hierarchy, as `/proc/PID/cgroup` has it. */
  get name(): string {
    return this.path.slice((CGROUP_ROOT ?? '').length)
  }

  add(pid: number): void {
    writeFileSync(join(this.path, 'cgroup.procs'), String(pid), { flag: 'r+' })
  }

  pids(): readonly number[] {
    return readFileSync(join(this.path, 'cgroup.procs'), 'utf8').trim().split('\n').filter(Boolean).map(Number)
  }

  freeze(frozen: boolean): void {
    writeFileSync(join(this.path, 'cgroup.freeze'), frozen ? '1' : '0', { flag: 'r+' })
  }

  /** By the word of the kernel. */
  isFrozen(): boolean {
    return /^frozen 1$/m.test(readFileSync(join(this.path, 'cgroup.events'), 'utf8'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeCgroup(this.path)
  }
}

async function removeCgroup(path: string): Promise<void> {
  if (!existsSync(path)) return
  writeFileSync(join(path, 'cgroup.kill'), '1', { flag: 'r+' })
  await waitFor(`the end of all in ${path}`, () =>
    /^populated 0$/m.test(readFileSync(join(path, 'cgroup.events'), 'utf8')),
  )
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeCgroup(join(path, entry.name))
  }
  rmdirSync(path)
}
