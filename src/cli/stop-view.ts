import { printable } from '../base/printable.ts'
import type { LocalStop, Status, StatusStops } from '../protocol/control.ts'
import type { MatchSelector, StopReceipt } from '../protocol/stop.ts'
import { ago, hanging, type Terminal, wrapped } from '../view/terminal.ts'
import { wallTime } from '../view/wall-time.ts'

const LABEL_WIDTH = 14
const MAX_LISTED = 8

type Standing = StatusStops['standing'][number]

/** What is stopped, by whom, why, and who can release it. Before everything else. */
export function stopLines({ stops, sightings }: Status, terminal: Terminal, nowMs: number): string[] {
  if (stops === undefined || stops.standing.length === 0) return []
  const line = (label: string, text: string) => hanging(terminal, label, LABEL_WIDTH, text, 'bad')
  const { standing, held, heldCount } = stops
  const names = new Map([
    ...sightings.map(({ id, name }) => [id, name] as const),
    ...held.map(({ agent, name }) => [agent, name] as const),
  ])
  const more = heldCount - Math.min(held.length, MAX_LISTED)
  return [
    ...standing.slice(0, MAX_LISTED).flatMap((stop) => line('STOPPED', standingText(stop, names, nowMs))),
    ...(standing.length > MAX_LISTED ? line('', `and ${standing.length - MAX_LISTED} more stops`) : []),
    ...held
      .slice(0, MAX_LISTED)
      .flatMap(({ name, user, processes, agent }) =>
        line('', `${name} of ${user}, ${counted(processes, 'process', 'processes')} (${agent.slice(0, 8)})`),
      ),
    ...(more > 0 ? line('', `and ${counted(more, 'more agent', 'more agents')}`) : []),
    ...line('', releaseText(standing)),
    '',
  ]
}

type Names = ReadonlyMap<string, string>

function standingText({ kind, selector, by, reason, since, until }: Standing, names: Names, nowMs: number): string {
  const what = kind === 'retire' ? ' ends as it starts' : ' may not run'
  const why = reason === '' ? '' : `: ${reason}`
  const end = until === undefined ? '' : `, until ${wallTime(until)}`
  return `${selectedText(selector, names)}${what}, by ${by} ${ago(since, nowMs)}${end}${why}`
}

function selectedText(selector: Standing['selector'], names: Names): string {
  switch (selector.select) {
    case 'all':
      return 'Any agent'
    case 'agent':
      return `${printable(names.get(selector.agent) ?? 'Agent')} ${selector.agent.slice(0, 8)}`
    case 'product':
      return `Any ${printable(selector.product)}`
    case 'user':
      return `Any agent of ${printable(selector.user)}`
    case 'match':
      return matchText(selector)
    default:
      return selector satisfies never
  }
}

function matchText({ products, users, executables, packages, workspaces }: MatchSelector): string {
  return [
    `Any ${products === undefined ? 'agent' : oneOf(products)}`,
    ...(users === undefined ? [] : [`of ${oneOf(users)}`]),
    ...(executables === undefined ? [] : [`that runs ${oneOf(executables)}`]),
    ...(packages === undefined ? [] : [`of package ${oneOf(packages)}`]),
    ...(workspaces === undefined ? [] : [`in ${oneOf(workspaces)}`]),
  ].join(' ')
}

const MAX_NAMED = 3

function oneOf(names: readonly string[]): string {
  const more = names.length - MAX_NAMED
  const shown = names.slice(0, MAX_NAMED).map(printable).join(' or ')
  return more > 0 ? `${shown} or ${more} more` : shown
}

function releaseText(standing: readonly Standing[]): string {
  const own = standing.filter(({ releasable }) => releasable).length
  if (own === standing.length) return 'Release it with: surety release'
  const rest = 'An administrator of the directory releases the rest. Ask your support.'
  return own > 0 ? `Release what was stopped here with: surety release. ${rest}` : rest.replace('the rest', 'it')
}

/** What `surety freeze` and `surety release` did. */
export function stopOutcomeLines(
  done: 'freeze' | 'release',
  { receipt, code }: LocalStop,
  terminal: Terminal,
): string[] {
  const { agents, agentCount, missed } = receipt
  const nothing =
    done === 'freeze'
      ? 'No such agent runs now. What starts later is stopped.'
      : 'No agent was held. The stop has ended.'
  if (agentCount === 0 && missed.length === 0) return wrapped(terminal, nothing)
  const word = done === 'freeze' ? 'Stopped' : 'Released'
  return [
    ...agents.flatMap(({ product, user, processes }) =>
      wrapped(
        terminal,
        printable(`${word} ${product} of ${user}, ${counted(processes.length, 'process', 'processes')}.`),
      ),
    ),
    ...(agentCount > agents.length ? [`And ${agentCount - agents.length} more.`] : []),
    ...(code === undefined ? [] : missedLines(done, receipt, terminal)),
    ...(done === 'freeze' ? wrapped(terminal, 'It stays stopped until: surety release') : []),
  ]
}

function missedLines(done: 'freeze' | 'release', { missed }: StopReceipt, terminal: Terminal): string[] {
  return missed.flatMap(({ pid, executable, reason }) => {
    const what = `process ${pid}${executable === undefined ? '' : ` (${executable})`}`
    const line = done === 'freeze' ? `NOT STOPPED: ${what}: ${reason}` : `FROZEN STILL, by another program: ${what}`
    return wrapped(terminal, printable(line))
  })
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}
