import { printable } from '../../base/text/printable.ts'
import type { LocalStop, Status, StatusStops } from '../../protocol/messages/control.ts'
import type { StopReceipt } from '../../protocol/stop.ts'
import type { Language } from '../../view/checks/check-catalogue.ts'
import { agoIn, type Say, sayIn } from '../../view/phrases.ts'
import { hanging, type Terminal, wrapped } from '../../view/terminal.ts'
import { wallTime } from '../../view/wall-time.ts'

const LABEL_WIDTH = 14
const MAX_LISTED = 8

type Standing = StatusStops['standing'][number]
type Selector = Standing['selector']

interface StopLinesInit {
  readonly terminal: Terminal
  /** By the directory's clock. */
  readonly nowMs: number
  readonly language: Language
}

/** What is stopped, by whom, why, and who can release it. Before everything else. */
export function stopLines(
  { stops, sightings, support }: Status,
  { terminal, nowMs, language }: StopLinesInit,
): string[] {
  if (stops === undefined || stops.standing.length === 0) return []
  const say = sayIn(language)
  const line = (label: string, text: string) => hanging(terminal, label, LABEL_WIDTH, text, 'bad')
  const { standing, held, heldCount } = stops
  const names = new Map([
    ...sightings.map(({ id, name }) => [id, name] as const),
    ...held.map(({ agent, name }) => [agent, name] as const),
  ])
  const more = heldCount - Math.min(held.length, MAX_LISTED)
  return [
    ...standing.slice(0, MAX_LISTED).flatMap((stop) => line(say('STOPPED'), standingText(stop, names, { say, nowMs }))),
    ...(standing.length > MAX_LISTED ? line('', say('and {} more stops', standing.length - MAX_LISTED)) : []),
    ...held.slice(0, MAX_LISTED).flatMap(({ name, user, processes, agent }) => {
      const id = agent.slice(0, 8)
      if (processes === 1) return line('', say('{} of {}, 1 process ({})', name, user, id))
      return line('', say('{} of {}, {} processes ({})', name, user, processes, id))
    }),
    ...(more > 0 ? line('', more === 1 ? say('and 1 more agent') : say('and {} more agents', more)) : []),
    ...line('', releaseText(standing, support?.contact, say)),
    '',
  ]
}

type Names = ReadonlyMap<string, string>

function standingText(stop: Standing, names: Names, { say, nowMs }: { readonly say: Say; readonly nowMs: number }) {
  const { kind, selector, by, reason, since, until } = stop
  const what = kind === 'retire' ? endedText(selector, names, say) : heldText(selector, names, say)
  const end = until === undefined ? '' : say(', until {}', wallTime(until))
  const why = reason === '' ? '.' : `: ${reason}`
  return `${what} ${say('Stopped by {} {}', by, agoIn(say, since, nowMs))}${end}${why}`
}

function heldText(selector: Selector, names: Names, say: Say): string {
  switch (selector.select) {
    case 'all':
      return say('No AI agent may run.')
    case 'user':
      return say('No AI agent of {} may run.', printable(selector.user))
    case 'agent':
      return say('{} may not run.', selectedText(selector, names, say))
    case 'product':
    case 'match':
      return say('No {} may run.', selectedText(selector, names, say))
    default:
      return selector satisfies never
  }
}

function endedText(selector: Selector, names: Names, say: Say): string {
  const ended = say('AI agents that start are ended.')
  return selector.select === 'all' ? ended : `${ended} ${say('This is for: {}.', selectedText(selector, names, say))}`
}

function selectedText(selector: Selector, names: Names, say: Say): string {
  switch (selector.select) {
    case 'all':
      return say('AI agents')
    case 'agent':
      return `${printable(names.get(selector.agent) ?? 'Agent')} ${selector.agent.slice(0, 8)}`
    case 'product':
      return printable(selector.product)
    case 'user':
      return `${say('AI agents')} ${say('of {}', printable(selector.user))}`
    case 'match': {
      const { products, users, executables, packages, workspaces } = selector
      const part = (phrase: Parameters<Say>[0], values: readonly string[] | undefined) =>
        values === undefined ? [] : [say(phrase, oneOf(values, say))]
      return [
        products === undefined ? say('AI agent') : oneOf(products, say),
        ...part('of {}', users),
        ...part('that runs {}', executables),
        ...part('of package {}', packages),
        ...part('in {}', workspaces),
      ].join(' ')
    }
    default:
      return selector satisfies never
  }
}

const MAX_NAMED = 3

function oneOf(names: readonly string[], say: Say): string {
  const more = names.length - MAX_NAMED
  const [first = '', ...others] = names.slice(0, MAX_NAMED).map(printable)
  const shown = others.reduce((text, name) => say('{} or {}', text, name), first)
  return more > 0 ? say('{} or {} more', shown, more) : shown
}

/** Whom to ask: the contact of the settings, or who gave the stops. */
function releaseText(standing: readonly Standing[], contact: string | undefined, say: Say): string {
  const foreign = standing.filter(({ releasable }) => !releasable)
  if (foreign.length === 0) return say('Release it with: surety release')
  const isAll = foreign.length === standing.length
  const by = oneOf([...new Set(foreign.map((stop) => stop.by))], say)
  const ask =
    contact === undefined
      ? say(
          isAll
            ? 'Only an administrator can release it. Ask {}, who stopped it.'
            : 'Only an administrator can release the rest. Ask {}, who stopped it.',
          by,
        )
      : say(
          isAll
            ? 'Only an administrator can release it. Contact: {}'
            : 'Only an administrator can release the rest. Contact: {}',
          contact,
        )
  return isAll ? ask : `${say('Release what was stopped here with: surety release.')} ${ask}`
}

interface OutcomeInit {
  readonly terminal: Terminal
  readonly language: Language
}

/** What `surety freeze` and `surety release` did. */
export function stopOutcomeLines(
  done: 'freeze' | 'release',
  { receipt, code }: LocalStop,
  { terminal, language }: OutcomeInit,
): string[] {
  const say = sayIn(language)
  const { agents, agentCount, missed } = receipt
  const freezes = done === 'freeze'
  if (agentCount === 0 && missed.length === 0) {
    const nothing = freezes
      ? say('No such agent is running. It is stopped as soon as it starts.')
      : say('No agent was held. The stop has ended.')
    return wrapped(terminal, nothing)
  }
  return [
    ...agents.flatMap(({ product, user, processes: { length } }) => {
      const text =
        length === 1
          ? say(freezes ? 'Stopped {} of {}, 1 process.' : 'Released {} of {}, 1 process.', product, user)
          : say(freezes ? 'Stopped {} of {}, {} processes.' : 'Released {} of {}, {} processes.', product, user, length)
      return wrapped(terminal, printable(text))
    }),
    ...(agentCount > agents.length ? [say('And {} more.', agentCount - agents.length)] : []),
    ...(code === undefined ? [] : missedLines(done, receipt, { terminal, say })),
    ...(freezes ? wrapped(terminal, say('It stays stopped until: surety release')) : []),
  ]
}

function missedLines(
  done: 'freeze' | 'release',
  { missed }: StopReceipt,
  { terminal, say }: { readonly terminal: Terminal; readonly say: Say },
): string[] {
  return missed.flatMap(({ pid, executable, reason }) => {
    const process = `${pid}${executable === undefined ? '' : ` (${executable})`}`
    const line =
      done === 'freeze'
        ? say('NOT STOPPED: process {}: {}', process, say(reason))
        : say('FROZEN STILL, by another program: process {}', process)
    return wrapped(terminal, printable(line))
  })
}
