import { loadsSnapshot } from '../../../../src/discovery/unknown/shell-loops.ts'
import { look, seen } from '../behaviour-world.ts'
import { AGENT, marked, TOOL } from '../marked-agents.ts'

const HELD = '/home/alice/.robo/cache/shell-snapshots/0123.sh'

test.each<[boolean, string]>([
  [true, `source /home/alice/.claude/shell-snapshots/snapshot-bash-1.sh 2>/dev/null || true && eval 'ls'`],
  [true, `if [ -r '${HELD}' ]; then . '${HELD}'; fi\nexport PATH='/bin'\neval 'ls'`],
  [true, `set -e; . \\"/home/alice/.codex/shell_snapshots/01a2.tmp-17\\"`],
  // A person's own file, one beside a project, one that is written or read and not loaded.
  [false, 'source /home/alice/.bashrc && ls'],
  [false, '. /home/alice/project/shell-snapshots/a.sh'],
  [false, `cat ${HELD}`],
  [false, `SNAPSHOT_FILE=${HELD}`],
  [false, `source=${HELD}`],
  [false, `. /home/alice/.robo/shell-snapshots/`],
  [false, `${' '.repeat(600)}. ${HELD}`],
  [false, ''],
])('%j: a shell that gets %j', (loads, text) => {
  expect(loadsSnapshot(seen(7, '/usr/bin/bash', ['bash', '-c', text]))).toBe(loads)
})

test.each<[string, string, readonly string[]]>([
  ['is no shell', '/usr/bin/robo', ['robo', '-c', `. ${HELD}`]],
  ['runs a script with that for an argument', '/usr/bin/bash', ['bash', '/x.sh', `. ${HELD}`]],
  ['reads what a person types', '/usr/bin/bash', ['bash']],
])('what %s does not', (_, executable, argv) => {
  expect(loadsSnapshot(seen(7, executable, argv))).toBe(false)
})

test('commands that begin with a snapshot count only with marks', async () => {
  const tool = { ...TOOL, argv: ['bash', '-c', `. '${HELD}'; rm secret`] }
  expect(await look([AGENT, tool])).toEqual([])
  const [found] = await look([AGENT, { ...tool, ...marked('ROBO_CLI') }])
  expect(found?.signals).toContainEqual({
    name: 'shell-snapshots',
    weight: 20,
    detail: 'has its commands begin with a snapshot of a shell that it keeps',
  })
  expect(JSON.stringify(found)).not.toContain('secret')
})
