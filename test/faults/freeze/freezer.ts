import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { waitFor } from '../../support/wait-for.ts'

/** A way to make a process stand still that it can do nothing about. */
export interface Freezer {
  readonly name: string
  freeze(pid: number): Promise<void>
  thaw(pid: number): Promise<void>
}

export function signalFreezer(): Freezer {
  return {
    name: 'SIGSTOP',
    async freeze(pid) {
      process.kill(pid, 'SIGSTOP')
      await waitFor('its stop', () => readFileSync(`/proc/${pid}/status`, 'utf8'), {
        until: (status) => /^State:\tT/m.test(status),
      })
    },
    async thaw(pid) {
      process.kill(pid, 'SIGCONT')
    },
  }
}

/** The freezer of cgroup v2; or why there is none. */
export function cgroupFreezer(): Freezer | { readonly name: string; readonly missing: string } {
  const name = 'cgroup.freeze'
  const root = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((path) => existsSync(`${path}/cgroup.controllers`))
  if (root === undefined) return { name, missing: 'no cgroup v2 here' }
  const group = (pid: number) => `${root}/surety-test-${pid}`
  try {
    mkdirSync(group(process.pid))
    rmdirSync(group(process.pid))
  } catch {
    return { name, missing: 'no cgroup may be made here (run as root)' }
  }
  const moveOut = (pid: string) => {
    try {
      if (pid !== '') writeFileSync(`${root}/cgroup.procs`, pid)
    } catch {
      // It has ended meanwhile.
    }
  }
  return {
    name,
    async freeze(pid) {
      mkdirSync(group(pid))
      writeFileSync(`${group(pid)}/cgroup.procs`, String(pid))
      writeFileSync(`${group(pid)}/cgroup.freeze`, '1')
      await waitFor('its freezing', () => readFileSync(`${group(pid)}/cgroup.events`, 'utf8'), {
        until: (events) => events.includes('frozen 1'),
      })
    },
    async thaw(pid) {
      writeFileSync(`${group(pid)}/cgroup.freeze`, '0')
      // Children that it started at once are in the group with it.
      await waitFor('an empty group', () => {
        for (const member of readFileSync(`${group(pid)}/cgroup.procs`, 'utf8')
          .trim()
          .split('\n'))
          moveOut(member)
        return removed(group(pid))
      })
    },
  }
}

function removed(folder: string): boolean {
  try {
    rmdirSync(folder)
    return true
  } catch {
    return false
  }
}
