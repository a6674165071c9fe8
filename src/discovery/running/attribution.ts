import { isRootId } from '../../base/text/user-id.ts'
import type { Attribution, User } from '../../protocol/sighting.ts'
import type { Login, ProcessStanding } from '../../system/processes/process-details.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import type { ProcessTree } from './process-tree.ts'

export interface AttributionInit {
  readonly tree: ProcessTree
  readonly leader: ProcessRecord
  /** A program with windows: it lives in the desktop and not in a terminal. */
  readonly isDesktopProgram: boolean
  readonly standing: ProcessStanding | undefined
  readonly logins: readonly Login[]
  /** The process that the system holds responsible, where it has such a thing. */
  readonly responsible?: ProcessRecord | undefined
  userOf(userId: string): User
  /** Of the agent that started this one, in a session of its own. */
  readonly startedBy?: { readonly name: string; readonly attribution: Attribution } | undefined
}

type Session = NonNullable<Attribution['session']>

/** Which human an agent acts for: its own session, who started it, then what the system recorded, then its variables. */
export function attributionOf(init: AttributionInit): Attribution {
  return (
    byAgent(init) ??
    byTerminal(init) ??
    byWindowsSession(init) ??
    byDesktop(init) ??
    byAncestor(init) ??
    byResponsible(init) ??
    byLogin(init) ??
    byVariables(init) ??
    NONE
  )
}

const NONE: Attribution = { how: 'none', because: 'unattended: no terminal, no desktop, no login that it came from' }

/** A terminal that an agent made for its tools is no person's. */
function byAgent({ startedBy }: AttributionInit): Attribution | undefined {
  if (startedBy === undefined) return undefined
  const { attribution, name } = startedBy
  if (attribution.how === 'none') return { ...attribution, because: cut(`started by ${name}: ${attribution.because}`) }
  return { ...attribution, how: 'inherited', because: cut(`started by ${name}`) }
}

function byTerminal(init: AttributionInit): Attribution | undefined {
  const { leader } = init
  if (leader.ttyNumber === 0) return undefined
  return {
    how: 'direct',
    because: 'its session has a terminal',
    human: human(init, leader),
    session: session(init, leader),
  }
}

/** A SID. */
const OF_WINDOWS = /^S-1-/

/** Services have session 0; any other is that of a person who logged on. */
function byWindowsSession({ leader, logins, userOf }: AttributionInit): Attribution | undefined {
  if (!OF_WINDOWS.test(leader.userId) || leader.sessionId === 0) return undefined
  const id = String(leader.sessionId)
  const login = logins.find((each) => each.session === id)
  return {
    how: 'direct',
    because: `session ${id} of Windows`,
    human: userOf(login?.userId ?? leader.userId),
    session: { id, kind: login?.kind ?? 'unknown' },
  }
}

const DESKTOP = ['WAYLAND_DISPLAY', 'DISPLAY']

function byDesktop(init: AttributionInit): Attribution | undefined {
  const { leader, logins, isDesktopProgram } = init
  const variable = DESKTOP.find((name) => leader.environmentNames?.includes(name) === true)
  const login = logins.find(({ userId, kind }) => userId === leader.userId && kind === 'graphical')
  if (!isDesktopProgram || (variable === undefined && login === undefined)) return undefined
  return {
    how: 'direct',
    because: login === undefined ? `variable ${variable}` : `graphical session ${login.session} of its user`,
    human: human(init, leader),
    session: { id: login?.session ?? String(leader.sessionId), kind: 'graphical' },
  }
}

/** The nearest one with a terminal, though it may have ended since. */
function byAncestor(init: AttributionInit): Attribution | undefined {
  for (const above of init.tree.ancestors(init.leader)) {
    if (above.ttyNumber === 0) continue
    const gone = above.ended === true ? ', which has ended' : ''
    return {
      how: 'inherited',
      because: cut(`started from the terminal of process ${above.pid}${gone}`),
      human: human(init, above),
      session: session(init, above),
    }
  }
  return undefined
}

/** The application that macOS shows to its user for what this process does. A service of that user is none. */
function byResponsible(init: AttributionInit): Attribution | undefined {
  const { responsible, leader, logins } = init
  if (responsible === undefined || responsible.pid === leader.pid || responsible.userId !== leader.userId)
    return undefined
  const login = logins.find(({ userId, kind }) => userId === leader.userId && kind === 'graphical')
  if (login === undefined || !APPLICATION.test(responsible.executable ?? '')) return undefined
  const because = `the system holds process ${responsible.pid} responsible`
  return inherited(init, because, leader.userId, { id: login.session, login })
}

const APPLICATION = /\.app\/Contents\/MacOS\/[^/]+$/

/** Kept by the kernel and by systemd whatever a process becomes; in a bare container neither is there. */
function byLogin(init: AttributionInit): Attribution | undefined {
  const { leader, standing, logins } = init
  const scope = scopeOf(standing)
  const login = logins.find((each) => each.session === scope)
  const loginUserId = loginUserIdOf(init)
  if (standing !== undefined && loginUserId !== undefined) {
    const id = standing.auditSession
    const found = login ?? logins.find((each) => each.session === String(id))
    const why = id === undefined ? 'audit login' : `audit session ${id}`
    return inherited(init, `${why} of the kernel`, loginUserId, {
      id: found?.session ?? String(id ?? ''),
      login: found,
    })
  }
  if (scope !== undefined) {
    return inherited(init, `control group session-${scope}.scope`, login?.userId ?? leader.userId, { id: scope, login })
  }
  const manager = managerOf(standing)
  const open = manager === undefined ? undefined : logins.find(({ userId }) => userId === manager)
  if (manager === undefined || open === undefined) return undefined
  return inherited(init, `control group user@${manager}.service`, manager, { id: open.session, login: open })
}

function inherited(
  { userOf }: AttributionInit,
  because: string,
  userId: string,
  { id, login }: { id: string; login: Login | undefined },
): Attribution {
  return {
    how: 'inherited',
    because: cut(because),
    human: userOf(userId),
    ...(id === '' ? {} : { session: { id: id.slice(0, 64), kind: login?.kind ?? 'unknown', ...ttyOf(login?.tty) } }),
  }
}

const VARIABLES: readonly (readonly [pattern: RegExp, kind: Session['kind']])[] = [
  [/^SSH_(CONNECTION|TTY)$/, 'remote'],
  [/^TERM_SESSION_ID$/, 'terminal'],
  [/^VSCODE_[A-Z_]+$/, 'graphical'],
  [/^(WAYLAND_DISPLAY|DISPLAY)$/, 'graphical'],
]

/** The weakest, because the user who starts a program chooses its variables. */
function byVariables(init: AttributionInit): Attribution | undefined {
  const { leader } = init
  for (const [pattern, kind] of VARIABLES) {
    const name = leader.environmentNames?.find((each) => pattern.test(each))
    if (name === undefined) continue
    const because = cut(`variable ${name}`)
    return { how: 'inherited', because, human: human(init, leader), session: { id: String(leader.sessionId), kind } }
  }
  return undefined
}

/** Who logged in, where that is recorded: `sudo` does not change it. */
function human(init: AttributionInit, { userId }: ProcessRecord): User {
  return init.userOf(loginUserIdOf(init) ?? userId)
}

/**
 * A process without a login may name any user to the kernel, once. For a program that runs as another user than the named one,
 * root excepted, a second witness is needed: an open login, or the control group that systemd put it into.
 */
function loginUserIdOf({ standing, logins, leader }: AttributionInit): string | undefined {
  const { loginUserId, auditSession, cgroup = '' } = standing ?? {}
  if (loginUserId === undefined || loginUserId === leader.userId || isRootId(leader.userId)) return loginUserId
  const isOpen = logins.some(({ session, userId }) => userId === loginUserId && session === String(auditSession))
  return isOpen || cgroup.startsWith(`/user.slice/user-${loginUserId}.slice/`) ? loginUserId : undefined
}

function session({ standing, logins }: AttributionInit, record: ProcessRecord): Session {
  const id = scopeOf(standing) ?? (standing?.auditSession === undefined ? undefined : String(standing.auditSession))
  const login = logins.find((each) => each.session === id)
  const remote = login?.kind === 'remote' || record.environmentNames?.includes('SSH_CONNECTION') === true
  return {
    id: id ?? String(record.sessionId),
    kind: remote ? 'remote' : 'terminal',
    ...ttyOf(terminalName(record.ttyNumber)),
  }
}

function ttyOf(tty: string | undefined): { tty?: string } {
  return tty === undefined ? {} : { tty: tty.slice(0, 64) }
}

/**
 * See pam_systemd(8): the control group bears the name of the session. Only where systemd itself puts it: below their manager,
 * and in containers, people make groups of any name.
 */
function scopeOf(standing: ProcessStanding | undefined): string | undefined {
  return /^\/user\.slice\/user-\d{1,10}\.slice\/session-([A-Za-z0-9]{1,32})\.scope(?:\/|$)/.exec(
    standing?.cgroup ?? '',
  )?.[1]
}

function managerOf(standing: ProcessStanding | undefined): string | undefined {
  return /^\/user\.slice\/(?:user-\d{1,10}\.slice\/)?user@(\d{1,10})\.service(?:\/|$)/.exec(standing?.cgroup ?? '')?.[1]
}

function cut(text: string): string {
  return text.slice(0, 256)
}

const PTS_MAJORS = { first: 136, last: 143 }
const CONSOLE_MAJOR = 4
const CONSOLES = 64

/** `pts/3` for field 7 of /proc/PID/stat; undefined for 0, and for terminals of other kinds. See Linux's admin-guide/devices. */
export function terminalName(ttyNumber: number): string | undefined {
  const major = (ttyNumber >> 8) & 0xfff
  const minor = (ttyNumber & 0xff) | ((ttyNumber >> 12) & 0xfff00)
  if (major >= PTS_MAJORS.first && major <= PTS_MAJORS.last) return `pts/${(major - PTS_MAJORS.first) * 256 + minor}`
  return major === CONSOLE_MAJOR && minor < CONSOLES ? `tty${minor}` : undefined
}
