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
      for (const folder of folders.toReversed()) rmdirSync(join(CGROUP2 ?? '', folder))
    },
  }
}

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}
