import type { ProcessRecord } from '../../../src/discovery/matching/process-record.ts'
import { isUsersOwn, takesWorkOf } from '../../../src/discovery/running/outside-agents.ts'
import { ScannedAgents } from '../../../src/discovery/running-agents-port.ts'
import { CLAUDE, detached, processRecord } from '../../support/processes/process-record.ts'

const FILE = { device: 7, inode: 70, born: 1.5, ownerId: '1000' }
const OWN = processRecord(300, '/home/alice/notes', ['notes'], { programFile: FILE })

test.each<[string, ProcessRecord, boolean]>([
  ['tmux', processRecord(300, '/usr/bin/tmux', ['tmux']), false],
  ['screen with windows', processRecord(300, '/usr/bin/screen', ['SCREEN']), true],
  ['a session of SSH', processRecord(300, '/usr/lib/openssh/sshd-session', ['sshd']), true],
  ['a shell that waits', processRecord(300, '/usr/bin/bash', ['bash', '-c', 'read x < fifo']), false],
])('takes work: %s', (_, record, hasChildren) => {
  expect(takesWorkOf(record, { hasChildren })).toBe(true)
})

test.each<[string, ProcessRecord, boolean]>([
  ['a shell that waits for its child', processRecord(300, '/usr/bin/bash', ['bash']), true],
  ['the shell of a terminal', processRecord(300, '/usr/bin/zsh', ['zsh'], { sessionId: 300 }), false],
  ['another program', processRecord(300, '/usr/bin/vim', ['vim']), false],
  ['a program whose name is longer', processRecord(300, '/usr/bin/tmuxinator', ['x']), false],
])('takes no work: %s', (_, record, hasChildren) => {
  expect(takesWorkOf(record, { hasChildren })).toBe(false)
})

test.each<[string, Partial<ProcessRecord>]>([
  ['of root', { userId: '0', programFile: { ...FILE, ownerId: '0' } }],
  ['of another owner', { programFile: { ...FILE, ownerId: '0' } }],
  ['that runs scripts', { executable: '/home/alice/bin/node' }],
])('a program %s is not a user’s own', (_, change) => {
  const { programFile: _file, ...unknown } = OWN
  expect([isUsersOwn(OWN), isUsersOwn({ ...OWN, ...change }), isUsersOwn(unknown)]).toEqual([true, false, false])
})

const AGENT = processRecord(100, CLAUDE, ['claude'], { sessionId: 100, programFile: FILE })
const TOOL = processRecord(101, '/usr/bin/bash', ['bash'], { parentPid: 100, forkedBy: AGENT })
const TMUX = processRecord(102, '/usr/bin/tmux', ['tmux'], detached(102, 1))

test.each<[string, readonly ProcessRecord[], boolean, boolean]>([
  ['an agent and what it started', [AGENT, TOOL], false, false],
  ['tmux that the agent started', [AGENT, { ...TMUX, forkedBy: TOOL }], false, false],
  ['tmux', [AGENT, TMUX], true, false],
  ['tmux of another user', [AGENT, { ...TMUX, userId: '1001' }], false, false],
  ['a program of the user’s own', [AGENT, OWN], false, true],
  ['one of another user', [AGENT, { ...OWN, userId: '1001', programFile: { ...FILE, ownerId: '1001' } }], false, false],
])('outside of all agents: %s', (_, records, takesWork, isUnknown) => {
  const agents = new ScannedAgents({ processes: { entry: () => undefined }, memory: { live: () => records } })
  agents.update({
    agents: [
      {
        kind: 'agent',
        id: 'a'.repeat(32),
        name: 'Claude Code',
        evidence: [],
        state: 'running',
        agentKind: 'cli',
        process: { pid: 100, startTicks: 1_000, bootId: 'boot', parentPid: 1, executable: CLAUDE },
      },
    ],
    members: new Map([['a'.repeat(32), [AGENT]]]),
    records,
  })
  expect(agents.besides(new Set(['1000']))).toEqual({ takesWork, isUnknown })
})
