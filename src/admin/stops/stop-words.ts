import { ago } from '../../base/text/ago.ts'
import {
  counted,
  isInForce,
  progressWords,
  type StopDevice,
  type StopImpact,
  type StopView,
  selectorWords,
} from '../../protocol/nouns/agents/stops.ts'
import type { StopReceipt } from '../../protocol/stop.ts'
import { type Terminal, type Tone, table } from '../../view/terminal.ts'
import { facts, timeOf } from '../command/format.ts'

/** Stops, drills and their devices as lines for a person. */

/** `in force`, `not in force: waits for a second person until …`. */
export function stateWords(stop: StopView): string {
  const why = whyWords(stop)
  const words = !isInForce(stop) ? 'not in force' : stop.kind === 'drill' ? 'under way' : 'in force'
  return why === '' ? words : `${words}: ${why}`
}

/** Why a stop is not in force, or what is special about one that is. */
function whyWords({ state, emergency, confirmedAt, endsAt }: StopView): string {
  switch (state) {
    case 'waiting':
      return `waits for a second person until ${timeOf(endsAt)}`
    case 'lapsed':
      return 'nobody confirmed it in time'
    case 'standing':
    case 'release-waiting':
      return [
        ...(emergency && confirmedAt === undefined ? ['an EMERGENCY that nobody has confirmed'] : []),
        ...(state === 'release-waiting' ? ['its release waits for a second person'] : []),
      ].join('; ')
    default:
      return state
  }
}

/** A sentence for the person who has just acted, and the command for the second person. */
export function actedLines(stop: StopView): string[] {
  const confirm = `surety-directory stops confirm ${stop.id}`
  return [
    `${stop.kind === 'drill' ? 'Drill' : 'Stop'} ${stop.id} is ${stateWords(stop)}.`,
    ...(stop.state === 'waiting' ? [`Another person confirms it: ${confirm}`] : []),
    ...(stop.state === 'release-waiting' ? [`Another person confirms the release: ${confirm} --release`] : []),
  ]
}

export function stopLines(stop: StopView): string[] {
  const { release, endsAt } = stop
  const why = whyWords(stop)
  return facts([
    ['stop', stop.id],
    ['kind', stop.kind],
    ['of', selectorWords(stop.selector, stop.names)],
    ['reason', stop.reason],
    ['in force', `${isInForce(stop) ? 'yes' : 'NO'}${why === '' ? '' : `, ${why}`}`],
    ['created', `${timeOf(stop.createdAt)} by ${stop.createdBy.name}`],
    ['confirmed', stop.confirmedBy && `${timeOf(stop.confirmedAt)} by ${stop.confirmedBy.name}`],
    ['ends', endsAt === undefined || stop.state === 'waiting' ? undefined : timeOf(endsAt)],
    ['release', release && `${timeOf(release.requestedAt)} by ${release.requestedBy.name}: ${release.reason}`],
    ['', release?.confirmedBy && `confirmed ${timeOf(release.confirmedAt)} by ${release.confirmedBy.name}`],
    ['answers', progressWords(stop)],
    ['done', stop.progress.done ? 'yes: every device has answered' : 'no'],
  ])
}

const TONES: Readonly<Partial<Record<StopDevice['state'], Tone>>> = {
  unreachable: 'bad',
  failed: 'bad',
  waiting: 'warning',
  released: 'faint',
}

export function deviceTable(terminal: Terminal, devices: readonly StopDevice[], now: number): string[] {
  const rows = devices.map((one) => ({
    cells: [
      one.state,
      one.device,
      one.hostname ?? '-',
      one.owner,
      one.answeredAt === undefined ? '-' : ago(one.answeredAt, now),
      `${one.agents}`,
      `${one.processes}`,
      receiptWords(one),
    ],
    tone: TONES[one.state],
  }))
  return table(rows, terminal, {
    heading: ['STATE', 'DEVICE', 'HOST', 'OWNER', 'ANSWERED', 'AGENTS', 'PROCESSES', 'METHOD'],
  })
}

const WEAKNESS_WORDS: Readonly<Record<StopReceipt['weaknesses'][number], string>> = {
  'root-cgroup': 'some processes were in the root cgroup, which cannot be frozen: they were moved out of it',
  cgroup1: 'the kernel has only the freezer of cgroup v1, which root can undo',
  suspend: 'threads were suspended, which any process of the same user can undo',
  signals: 'processes were stopped by SIGSTOP, which any process of the same user can undo',
  'network-open': 'its connections were not cut: the other end sees an idle one',
  'exec-not-held': 'what starts later is frozen right after its start, not before it',
  'not-confirmed': 'the kernel had not confirmed in time that all of it is frozen: the agent may have run on',
  'work-elsewhere':
    'tmux, screen, an SSH session or a waiting shell of the same user runs: what an agent handed to it before continues',
  'unknown-programs':
    'the same user runs a program file of their own that nothing recognises: it may be a copy of an agent',
}

/** A sentence for each weakness in the receipts, for a reader who must judge whether the agents were stopped. */
export function weaknessLines(devices: readonly StopDevice[]): string[] {
  const found = new Set(devices.flatMap(({ receipt }) => receipt?.weaknesses ?? []))
  return [...found].map((weakness) => `${weakness}: ${WEAKNESS_WORDS[weakness]}`)
}

function receiptWords({ code, receipt, frozenLater, endedLater, escaped }: StopDevice): string {
  return [
    ...(code === undefined ? [] : [code]),
    ...(receipt === undefined ? [] : [receipt.method, ...receipt.weaknesses]),
    ...(receipt === undefined || receipt.missed.length === 0 ? [] : [`missed ${receipt.missed.length}`]),
    ...(frozenLater === 0 ? [] : [`${frozenLater} frozen later`]),
    ...(endedLater === 0 ? [] : [`${endedLater} ended`]),
    ...(escaped === 0 ? [] : [`${escaped} ESCAPED`]),
  ].join(', ')
}

export function impactLines(terminal: Terminal, impact: StopImpact): string[] {
  const { devices, affectedDevices, agents, processes, ownerCount, owners, workspaceCount, workspaces } = impact
  const rows = impact.running.map((one) => ({
    cells: [
      one.device,
      one.hostname ?? '-',
      one.owner,
      one.connected ? 'connected' : 'silent',
      one.name,
      one.user ?? '-',
      `${one.processes}`,
      one.workspace ?? '-',
    ],
  }))
  const more = agents - rows.length
  return [
    ...facts([
      ['devices', `${affectedDevices} of ${devices} have an agent that would stop`],
      ['agents', `${agents}`],
      ['processes', `${processes}`],
      ['owners', `${ownerCount}${listWords(owners, ownerCount)}`],
      ['workspaces', `${workspaceCount}${listWords(workspaces, workspaceCount)}`],
    ]),
    ...(rows.length === 0
      ? []
      : table(rows, terminal, {
          heading: ['DEVICE', 'HOST', 'OWNER', 'PRESENCE', 'AGENT', 'USER', 'PROCESSES', 'WORKSPACE'],
        })),
    ...(more > 0 ? [`and ${counted(more, 'agent')} more`] : []),
  ]
}

const NAMED = 10

function listWords(list: readonly string[], count: number): string {
  if (list.length === 0) return ''
  return `: ${list.slice(0, NAMED).join(', ')}${count > NAMED ? ', …' : ''}`
}
