import type { Command } from 'commander'
import { printableJson } from '../../base/text/printable.ts'
import type { SightingsAnswer } from '../../protocol/messages/control.ts'
import {
  type AgentSighting,
  type McpServerSighting,
  SIGHTING_KINDS,
  type Sighting,
  type SightingKind,
} from '../../protocol/sighting.ts'
import { agentTree } from '../../view/sightings/agent-tree.ts'
import { riskLines } from '../../view/sightings/risk-sentences.ts'
import { shortIds } from '../../view/sightings/short-ids.ts'
import { sightingFacts } from '../../view/sightings/sighting-facts.ts'
import { inOrder, KIND_VIEWS, sightingRow } from '../../view/sightings/sighting-rows.ts'
import { type Terminal, table, wrapped } from '../../view/terminal.ts'
import { notShown } from '../command/administrator-words.ts'
import { type CliComponents, type CliInit, type MakeCommand, optionsOf } from '../command/cli-components.ts'
import type { DaemonClient } from '../command/daemon-client.ts'
import { addClaimCommands } from './claim-commands.ts'
import { findSighting } from './find-sighting.ts'
import { watchSightings } from './watch-sightings.ts'

/** A list of each kind of sighting, and one of them in detail: `surety agents`, `surety agents show`, `surety mcp` … */

export interface SightingCommandsInit extends Pick<CliInit, 'terminal' | 'locale' | 'platform'> {
  readonly command: MakeCommand
}

export function addSightingCommands(components: CliComponents, init: SightingCommandsInit): void {
  for (const kind of SIGHTING_KINDS) {
    const list = addList(components, kind, init)
    addShow(components, list, kind, init)
    if (kind === 'agent') addClaimCommands(components, list, init)
  }
}

function addList(components: CliComponents, kind: SightingKind, init: SightingCommandsInit): Command {
  const { about } = KIND_VIEWS[kind]
  const list = withListAction(init.command(KIND_VIEWS[kind].command, about), components, kind, init)
  // `surety-directory agents list` is the only form there, so that people type it here too.
  withListAction(init.command('list', about, list, { hidden: true }), components, kind, init)
  return list
}

function withListAction(
  command: Command,
  components: CliComponents,
  kind: SightingKind,
  init: SightingCommandsInit,
): Command {
  const { out, daemonAt } = components
  const { terminal, platform } = init
  return command.option('--watch', 'keep running and print changes').action(async (_, made: Command) => {
    const options = optionsOf(made)
    const daemon = daemonAt(options.socket)
    const view = { terminal, platform }
    if (options.watch === true) {
      await watchSightings(components, {
        daemon,
        kind,
        terminal,
        json: options.json,
        lines: (answer) => listLines(kind, answer, view),
        notes: (answer) => noteLines(kind, answer, view),
        document: (answer) => documentOf(kind, answer),
      })
      return
    }
    const answer = await daemon.sightings({ kinds: [kind] })
    const text =
      options.json === true ? printableJson(documentOf(kind, answer), 2) : listLines(kind, answer, view).join('\n')
    out(`${text}\n`)
  })
}

function addShow(
  { daemonAt, out }: CliComponents,
  parent: Command,
  kind: SightingKind,
  init: SightingCommandsInit,
): void {
  const { terminal, command, platform } = init
  const about =
    kind === 'agent'
      ? 'show one agent, for whom it acts, and its processes as a tree'
      : `show one ${KIND_VIEWS[kind].noun} in detail`
  command('show', about, parent)
    .argument('<id>', 'id or name, or the beginning of one, or process id')
    .action(async (wanted: string, _, made: Command) => {
      const options = optionsOf(made)
      const shown = await show(daemonAt(options.socket), kind, wanted, platform)
      if (options.json === true) out(`${printableJson(shown.document, 2)}\n`)
      else out(`${shown.lines(terminal).join('\n')}\n`)
    })
}

interface ShownSighting {
  readonly document: object
  readonly lines: (terminal: Terminal) => readonly string[]
}

/** @throws `NOT_FOUND` for none or several. */
async function show(
  daemon: DaemonClient,
  kind: SightingKind,
  wanted: string,
  platform: CliInit['platform'],
): Promise<ShownSighting> {
  const { command, noun, json } = KIND_VIEWS[kind]
  const answer = await daemon.sightings({ kinds: kind === 'agent' ? ['agent', 'mcp-server'] : [kind] })
  const note = limitNotes(answer, platform).map((text) => `. ${text}`)
  const candidates = answer.items.filter((sighting) => sighting.kind === kind)
  const sighting = findSighting(candidates, { wanted, command, noun, note: note.join('') })
  if (sighting.kind === 'agent') return shownAgent(sighting, answer)
  const document = { schema: `surety/${json.one}@1`, [json.one]: sighting }
  return { document, lines: (terminal) => sightingFacts(sighting, terminal) }
}

function shownAgent(agent: AgentSighting, { items, time }: SightingsAnswer): ShownSighting {
  const servers = new Map(items.filter(isMcpServer).map((server) => [server.id, server]))
  const usedIds = new Set((agent.parts ?? []).map(({ server }) => server))
  const usedServers = [...servers.values()].filter(({ id }) => usedIds.has(id))
  return {
    document: { schema: 'surety/agent@1', agent, servers: usedServers },
    lines: (terminal) => [
      ...agentTree(agent, { servers, nowMs: time }, terminal),
      ...riskLines([agent, ...usedServers], terminal, { most: Number.POSITIVE_INFINITY }),
    ],
  }
}

function documentOf(kind: SightingKind, { items, limitedToCaller, leftOut, unread }: SightingsAnswer): object {
  const { command, json } = KIND_VIEWS[kind]
  return {
    schema: `surety/${command}@1`,
    [json.list]: items,
    limitedToCaller,
    ...(leftOut === undefined ? {} : { leftOut }),
    ...(unread === undefined ? {} : { unread }),
  }
}

interface NoteView extends Pick<CliInit, 'platform'> {
  readonly terminal: Terminal
}

interface ListView extends NoteView {}

function listLines(kind: SightingKind, answer: SightingsAnswer, view: ListView): string[] {
  const { terminal } = view
  const short = shortIds(answer.items.map(({ id }) => id))
  const rows = inOrder(answer.items).map((sighting: Sighting) => {
    const { cells, tone } = sightingRow(sighting)
    return { cells: [short(sighting.id), ...cells], tone }
  })
  return [
    ...(rows.length === 0 ? [] : table(rows, terminal, { heading: ['ID', ...KIND_VIEWS[kind].heading] })),
    ...riskLines(answer.items, terminal, { most: Number.POSITIVE_INFINITY }),
    ...noteLines(kind, answer, view),
  ]
}

function noteLines(kind: SightingKind, answer: SightingsAnswer, { terminal, platform }: NoteView): string[] {
  const texts = [
    ...(answer.items.length === 0 ? [`no ${KIND_VIEWS[kind].plural} found`] : []),
    ...limitNotes(answer, platform),
  ]
  return texts.flatMap((text) => wrapped(terminal, text))
}

/** Why the list may be incomplete. */
function limitNotes({ limitedToCaller, leftOut, unread }: SightingsAnswer, platform: CliInit['platform']): string[] {
  return [
    ...(limitedToCaller ? [notShown('Items', platform)] : []),
    ...(leftOut === undefined
      ? []
      : [`${leftOut} more do not fit into one answer and are not shown. The directory has all of them.`]),
    ...(unread === undefined
      ? []
      : [`${unread} ${unread === 1 ? 'source' : 'sources'} could not be read. For details run: surety status`]),
  ]
}

function isMcpServer(sighting: Sighting): sighting is McpServerSighting {
  return sighting.kind === 'mcp-server'
}
