import type { ProcessRecord } from '../../../src/discovery/matching/process-record.ts'
import { type AttributionInit, attributionOf, terminalName } from '../../../src/discovery/running/attribution.ts'
import { ProcessTree } from '../../../src/discovery/running/process-tree.ts'
import type { Login, ProcessStanding } from '../../../src/system/processes/process-details.ts'
import { CLAUDE, detached, processRecord } from '../../support/processes/process-record.ts'

const ALICE = { id: '1000', name: 'alice' }
const BOB = { id: '1001', name: 'bob' }
const NAMES = new Map([ALICE, BOB].map((user) => [user.id, user]))
const STANDING: ProcessStanding = {
  cgroup: '/',
  loginUserId: undefined,
  auditSession: undefined,
  pidNamespace: undefined,
  rootMount: undefined,
  workingFolder: undefined,
}
const login = (userId: string, session: string, kind: Login['kind'], tty?: string): Login => ({
  userId,
  session,
  kind,
  tty,
})

interface AttributeInit extends Partial<Omit<AttributionInit, 'standing'>> {
  readonly standing?: Partial<ProcessStanding>
}

function attribute(leader: ProcessRecord, { standing, ...more }: AttributeInit = {}) {
  return attributionOf({
    tree: new ProcessTree([leader]),
    leader,
    isDesktopProgram: false,
    logins: [],
    userOf: (id) => NAMES.get(id) ?? { id, name: id },
    ...more,
    standing: { ...STANDING, ...standing },
  })
}

const agent = (more: Partial<ProcessRecord> = {}) => processRecord(100, CLAUDE, ['claude'], more)
const alone = (more: Partial<ProcessRecord> = {}) => agent(detached(100, 1, more))

describe('direct', () => {
  test('in a terminal', () => {
    expect(attribute(agent())).toEqual({
      how: 'direct',
      because: 'its session has a terminal',
      human: ALICE,
      session: { id: '50', kind: 'terminal', tty: 'pts/0' },
    })
  })

  test('in a terminal from elsewhere, under the name the login has', () => {
    const cgroup = '/user.slice/user-1001.slice/session-7.scope'
    const found = attribute(agent({ userId: '0' }), {
      standing: { cgroup, loginUserId: '1001' },
      logins: [login('1001', '7', 'remote')],
    })
    expect(found).toEqual({
      how: 'direct',
      because: 'its session has a terminal',
      human: BOB,
      session: { id: '7', kind: 'remote', tty: 'pts/0' },
    })
  })

  test('a desktop program in the session of its user', () => {
    const found = attribute(alone(), { isDesktopProgram: true, logins: [login('1000', '2', 'graphical')] })
    expect(found).toEqual({
      how: 'direct',
      because: 'graphical session 2 of its user',
      human: ALICE,
      session: { id: '2', kind: 'graphical' },
    })
  })
})

describe('inherited', () => {
  test('from the terminal of who started it, though that has ended', () => {
    const shell = processRecord(60, '/usr/bin/bash', ['bash'], { ttyNumber: 34819, ended: true })
    expect(attribute(alone({ forkedBy: shell }))).toEqual({
      how: 'inherited',
      because: 'started from the terminal of process 60, which has ended',
      human: ALICE,
      session: { id: '50', kind: 'terminal', tty: 'pts/3' },
    })
  })

  test.each<[string, Partial<ProcessStanding>, readonly Login[], object]>([
    [
      'the audit login',
      { loginUserId: '1000', auditSession: 4 },
      [],
      { because: 'audit session 4 of the kernel', human: ALICE, session: { id: '4', kind: 'unknown' } },
    ],
    [
      'the audit login of somebody else, in whose group it runs',
      { loginUserId: '1001', auditSession: 4, cgroup: '/user.slice/user-1001.slice/session-4.scope' },
      [],
      { because: 'audit session 4 of the kernel', human: BOB, session: { id: '4', kind: 'unknown' } },
    ],
    [
      'the audit login of somebody else, which is open',
      { loginUserId: '1001', auditSession: 4 },
      [login('1001', '4', 'remote')],
      { because: 'audit session 4 of the kernel', human: BOB, session: { id: '4', kind: 'remote' } },
    ],
    [
      'the control group of a session',
      { cgroup: '/user.slice/user-1000.slice/session-3.scope' },
      [login('1000', '3', 'terminal', 'tty2')],
      { because: 'control group session-3.scope', human: ALICE, session: { id: '3', kind: 'terminal', tty: 'tty2' } },
    ],
    [
      'the manager of a user who is logged in',
      { cgroup: '/user.slice/user-1000.slice/user@1000.service/app.slice/x.service' },
      [login('1000', '2', 'graphical')],
      { because: 'control group user@1000.service', human: ALICE, session: { id: '2', kind: 'graphical' } },
    ],
  ])('from %s', (_, standing, logins, found) => {
    expect(attribute(alone(), { standing, logins })).toEqual({ how: 'inherited', ...found })
  })

  test.each([
    ['SSH_CONNECTION', 'remote'],
    ['TERM_SESSION_ID', 'terminal'],
    ['VSCODE_IPC_HOOK', 'graphical'],
    ['DISPLAY', 'graphical'],
  ])('from the variable %s, for want of better', (name, kind) => {
    expect(attribute(alone({ environmentNames: ['PATH', name] }))).toEqual({
      how: 'inherited',
      because: `variable ${name}`,
      human: ALICE,
      session: { id: '100', kind },
    })
  })

  test('from the agent that started it, on any terminal', () => {
    const startedBy = { name: 'Codex CLI', attribution: { how: 'direct', because: 'x', human: BOB } as const }
    expect(attribute(agent(), { startedBy })).toEqual({ how: 'inherited', because: 'started by Codex CLI', human: BOB })
  })
})

describe('none', () => {
  const NONE = 'unattended: no terminal, no desktop, no login that it came from'
  test.each<[string, ProcessRecord, Parameters<typeof attribute>[1]]>([
    ['a service', alone(), { standing: { cgroup: '/system.slice/x.service' } }],
    [
      'a service that names somebody else to the kernel',
      alone(),
      {
        standing: { cgroup: '/system.slice/x.service', loginUserId: '1001', auditSession: 99 },
        logins: [login('1001', '2', 'graphical')],
      },
    ],
    ...[
      '/user.slice/user-1000.slice/user@1000.service/app.slice/session-2.scope',
      '/system.slice/x.service/session-2.scope',
      '/system.slice/x.service/user@1001.service',
      '/lxc.payload.web/user.slice/user-1001.slice/session-2.scope',
      '/lxc.payload.web/user.slice/user-1001.slice/user@1001.service',
      '/user.slice/user-1001.slice.x/session-2.scope',
    ].map((cgroup): [string, ProcessRecord, Parameters<typeof attribute>[1]] => [
      `a group that anybody may have made: ${cgroup}`,
      alone(),
      { standing: { cgroup }, logins: [login('1001', '2', 'graphical')] },
    ]),
    ['the manager of a user who is not logged in', alone(), { standing: { cgroup: '/user.slice/user@1000.service' } }],
    [
      'the manager of a user, while another is logged in',
      alone(),
      { standing: { cgroup: '/user.slice/user@1000.service' }, logins: [login('1001', '2', 'graphical')] },
    ],
    ['a command line agent, though its user has a desktop', alone(), { logins: [login('1000', '2', 'graphical')] }],
    ['a desktop program without a desktop', alone(), { isDesktopProgram: true }],
    ['a variable that only begins like one', alone({ environmentNames: ['SSH_CONNECTIONS', 'DISPLAY_NAME'] }), {}],
  ])('%s', (_, leader, init) => expect(attribute(leader, init)).toEqual({ how: 'none', because: NONE }))

  test('an agent that an unattended one started', () => {
    const startedBy = { name: 'OpenClaw', attribution: { how: 'none', because: NONE } as const }
    expect(attribute(agent(), { startedBy })).toEqual({ how: 'none', because: `started by OpenClaw: ${NONE}` })
  })
})

test.each([
  [0, undefined],
  [34816, 'pts/0'],
  [34816 + 255, 'pts/255'],
  [(137 << 8) | 1, 'pts/257'],
  [1025, 'tty1'],
  [1088, undefined],
])('terminal %d is %s', (number, name) => expect(terminalName(number)).toBe(name))

describe('by the application that macOS holds responsible', () => {
  const CODE = '/Applications/Visual Studio Code.app/Contents/MacOS/Electron'
  const logins = [login('1000', '120', 'graphical')]
  const responsible = processRecord(20, CODE, ['Electron'], { userId: '1000' })

  test('it acts for the person of that session', () => {
    expect(attribute(alone({ userId: '1000' }), { logins, responsible })).toEqual({
      how: 'inherited',
      because: 'the system holds process 20 responsible',
      human: ALICE,
      session: { id: '120', kind: 'graphical' },
    })
  })

  test.each<[string, AttributeInit]>([
    ['itself', { logins, responsible: alone({ userId: '1000' }) }],
    ['a program of another user', { logins, responsible: { ...responsible, userId: '1001' } }],
    ['a program without windows', { logins, responsible: { ...responsible, executable: '/usr/local/bin/agentd' } }],
    ['an application of nobody who is logged in', { logins: [], responsible }],
  ])('%s says nothing', (_, init) => {
    expect(attribute(alone({ userId: '1000' }), init).how).toBe('none')
  })
})
