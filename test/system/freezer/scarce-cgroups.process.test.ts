import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { scaledMs } from '../../support/machine-speed.ts'
import { CGROUP2 } from '../../support/processes/test-freezer.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const SCRIPT = join(import.meta.dirname, 'scarce-cgroups.ts')
const asRoot = CGROUP2 === undefined ? describe.skip : describe

/** `$1`: a group of ours, which becomes the root of cgroup v2. `$2`: how it is mounted. */
const NAMESPACE = `
echo $$ > "$1/cgroup.procs"
how=$2
shift 2
exec unshare --mount --cgroup --propagation private /bin/sh -e -c '
  how=$1
  shift
  umount -R /sys/fs/cgroup
  [ "$how" = absent ] || mount -t cgroup2 none /sys/fs/cgroup
  [ "$how" = absent ] || mkdir /sys/fs/cgroup/work
  [ "$how" != read-only ] || mount -o remount,bind,ro /sys/fs/cgroup
  exec "$@"
' sh "$how" "$@"
`

interface Outcome {
  readonly statuses: readonly string[]
  readonly incomplete: boolean
  readonly wrote: readonly boolean[]
  readonly released: readonly number[]
  readonly groups: readonly string[]
  readonly inside: readonly string[]
}

let lastGroup = 0

function freezeWhere(how: 'writable' | 'read-only' | 'absent', room = ''): Outcome {
  using folder = temporaryFolder()
  const group = join(CGROUP2 ?? '', `surety-test-${process.pid}-scarce-${++lastGroup}`)
  mkdirSync(group)
  try {
    const root = how === 'writable' ? '/sys/fs/cgroup' : ''
    const args = ['-e', '-c', NAMESPACE, 'sh', group, how, process.execPath, SCRIPT, folder.path, root, room]
    const { stdout, stderr } = spawnSync('/bin/sh', args, { encoding: 'utf8', timeout: scaledMs(60_000) })
    if (stdout === '') throw new Error(stderr)
    return JSON.parse(stdout)
  } finally {
    spawnSync('/usr/bin/find', [group, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', '+'])
  }
}

asRoot('where control groups are scarce', () => {
  test.each(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])(
    'with room for %s more, stops agents by group or by signal, and leaves nothing',
    (room) => {
      const { statuses, ...outcome } = freezeWhere('writable', room)
      expect(outcome).toEqual({
        incomplete: false,
        wrote: [false, false],
        released: [2, 2],
        groups: ['/work', '/work'],
        inside: [],
      })
      expect(statuses).toHaveLength(4)
      expect(['cgroup2', 'signals']).toEqual(expect.arrayContaining([...new Set(statuses)]))
      // Three for the quarantine, one that marks the paused group, two for each agent.
      if (Number(room) < 3) expect(new Set(statuses)).toEqual(new Set(['signals']))
      if (Number(room) > 8) expect(new Set(statuses)).toEqual(new Set(['cgroup2']))
    },
    scaledMs(60_000),
  )

  test(
    'that are mounted read-only are used all the same',
    () => {
      const { statuses, wrote, released } = freezeWhere('read-only')
      expect({ statuses, wrote, released }).toEqual({
        statuses: Array(4).fill('cgroup2'),
        wrote: [false, false],
        released: [2, 2],
      })
    },
    scaledMs(60_000),
  )

  test(
    'without any, signals stop agents',
    () => {
      const { statuses, wrote, released } = freezeWhere('absent')
      expect({ statuses, wrote, released }).toEqual({
        statuses: Array(4).fill('signals'),
        wrote: [false, false],
        released: [2, 2],
      })
    },
    scaledMs(60_000),
  )
})
