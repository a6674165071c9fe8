import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CGROUP2, freezerName } from './test-freezer.ts'

/** `NAME.slice/NAME-1.slice/session.scope`, as a session of a user has it. */
export function testSlice() {
  const name = freezerName()
  const folders = [`${name}.slice`, `${name}.slice/${name}-1.slice`, `${name}.slice/${name}-1.slice/session.scope`]
  for (const folder of folders) mkdirSync(join(CGROUP2 ?? '', folder))
  const [, , scope = ''] = folders
  const pids = () =>
    readFileSync(join(CGROUP2 ?? '', scope, 'cgroup.procs'), 'utf8')
      .split('\n')
      .filter(Boolean)
  return {
    group: `/${scope}`,
    /** With all its children. */
    take(pid: number) {
      for (const one of [pid, ...childrenOf(pid)]) writeFileSync(join(CGROUP2 ?? '', scope, 'cgroup.procs'), `${one}`)
    },
    [Symbol.dispose]() {
      for (const pid of pids()) writeFileSync(join(CGROUP2 ?? '', 'cgroup.procs'), pid)
      for (const folder of folders.toReversed()) removeFolder(join(CGROUP2 ?? '', folder))
    },
  }
}

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

const LOOKS = 200
const LOOK_MS = 10

/** What was killed is in its group until it has ended. */
function removeFolder(path: string, looks = LOOKS): void {
  try {
    rmdirSync(path)
  } catch (error) {
    if (looks === 0) throw error
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS)
    removeFolder(path, looks - 1)
  }
}
