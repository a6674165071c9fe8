import type { Command } from 'commander'
import { printableJson } from '../base/printable.ts'
import type { SightingsAnswer } from '../protocol/control.ts'
import type { AgentSighting, McpServerSighting, Sighting } from '../protocol/sighting.ts'
import { agentTree } from '../view/agent-tree.ts'
import { shortIds } from '../view/short-ids.ts'
import { sightingFacts } from '../view/sighting-facts.ts'
import { HEADINGS, inOrder, sightingRow } from '../view/sighting-rows.ts'
import { type Terminal, table, wrapped } from '../view/terminal.ts'
import { type CliComponents, type CliInit, optionsOf } from './cli-components.ts'
import type { DaemonClient } from './daemon-client.ts'
import { findSighting } from './find-sighting.ts'
import { watchSightings } from './watch-sightings.ts'

/** What is seen on this device: `surety agents`, `extensions`, `mcp`, `runtimes`, `files`. */

interface List {
  readonly name: string
  readonly kind: Sighting['kind']
  readonly about: string
  /** Member of the JSON document, and the word for none. */
  readonly member: string
  readonly none: string
  /** One of them: in its document, and for a person. */
  readonly one: string
  readonly word: string
}

const LISTS: readonly List[] = [
  {
    ...{ name: 'agents', kind: 'agent', member: 'agents', none: 'no agents were seen', one: 'agent', word: 'agent' },
    about: 'AI agents that run or are installed on this device, unknown ones first',
  },
  {
    ...{
      name: 'extensions',
      kind: 'extension',
      member: 'extensions',
      none: 'no extensions were seen',
      one: 'extension',
      word: 'extension',
    },
    about: 'browser and editor extensions seen on this device',
  },
  {
    ...{
      name: 'mcp',
      kind: 'mcp-server',
      member: 'servers',
      none: 'no MCP servers were seen',
      one: 'server',
      word: 'MCP server',
    },
    about: 'MCP servers that agents and editors are configured with',
  },
  {
    ...{
      name: 'runtimes',
      kind: 'model-runtime',
      member: 'runtimes',
      none: 'no model runtimes were seen',
      one: 'runtime',
      word: 'model runtime',
    },
    about: 'programs that serve models on this device',
  },
  {
    ...{
      name: 'files',
      kind: 'agent-file',
      member: 'files',
      none: 'no files of agents were seen',
      one: 'file',
      word: 'file of an agent',
    },
    about: 'files that tell agents what to do, to run or may: instructions, skills, plugins, hooks, policies',
  },
]

export interface SightingCommandsInit extends Pick<CliInit, 'terminal'> {
  /** Makes a command with the options that all have. */
  readonly command: (name: string, about: string, parent?: Command) => Command
}

export function addSightingCommands(components: CliComponents, { terminal, command }: SightingCommandsInit): void {
  const { out, daemonAt } = components
  for (const list of LISTS) {
    const made = command(list.name, list.about)
      .option('--watch', 'go on, and tell what changes')
      .action(async (_, command: Command) => {
        const options = optionsOf(command)
        const daemon = daemonAt(options.socket)
        if (options.watch === true) {
          await watchSightings(components, {
            ...{ daemon, kind: list.kind, terminal, json: options.json },
            words: (answer) => listLines(list, answer, terminal),
            notes: (answer) => noteLines(list, answer, terminal),
            document: (answer) => documentOf(list, answer),
          })
          return
        }
        const answer = await daemon.sightings({ kinds: [list.kind] })
        out(
          options.json === true
            ? `${printableJson(documentOf(list, answer), 2)}\n`
            : `${listLines(list, answer, terminal).join('\n')}\n`,
        )
      })
    addShow(components, made, list, { terminal, command })
  }
}

function addShow(
  { daemonAt, out }: CliComponents,
  parent: Command,
  list: List,
  { terminal, command }: SightingCommandsInit,
): void {
  command('show', SHOW_ABOUT[list.kind] ?? `all that is told of one ${list.word}`, parent)
    .argument('<id>', 'its id or the beginning of that, its process id, or its name')
    .action(async (wanted: string, _, made: Command) => {
      const options = optionsOf(made)
      const shown = await oneOf(daemonAt(options.socket), list, wanted)
      if (options.json === true) out(`${printableJson(shown.document, 2)}\n`)
      else out(`${shown.lines(terminal).join('\n')}\n`)
    })
}

const SHOW_ABOUT: Readonly<Partial<Record<Sighting['kind'], string>>> = {
  agent: 'one agent: what it is, for whom it acts, and its processes as a tree',
}

interface ShownSighting {
  readonly document: object
  readonly lines: (terminal: Terminal) => readonly string[]
}

/** @throws `NOT_FOUND`, naming those that are meant as well. */
async function oneOf(daemon: DaemonClient, list: List, wanted: string): Promise<ShownSighting> {
  const kinds: Sighting['kind'][] = list.kind === 'agent' ? ['agent', 'mcp-server'] : [list.kind]
  const answer = await daemon.sightings({ kinds })
  const note = notTold(answer).map((text) => `. ${text}`)
  const seen = answer.items.filter(({ kind }) => kind === list.kind)
  const init = { wanted, list: list.name, word: list.word, note: note.join('') }
  const sighting = findSighting(seen, init)
  if (sighting.kind === 'agent') return shownAgent(sighting, answer)
  const document = { schema: `surety/${list.one}@1`, [list.one]: sighting }
  return { document, lines: (terminal) => sightingFacts(sighting, terminal) }
}

function shownAgent(agent: AgentSighting, { items, time }: SightingsAnswer): ShownSighting {
  const servers = new Map(items.filter(isMcpServer).map((server) => [server.id, server]))
  const used = new Set((agent.parts ?? []).map(({ server }) => server))
  const named = [...servers.values()].filter(({ id }) => used.has(id))
  return {
    document: { schema: 'surety/agent@1', agent, servers: named },
    lines: (terminal) => agentTree(agent, { servers, nowMs: time }, terminal),
  }
}

function documentOf({ name, member }: List, { items, limitedToCaller, leftOut, unread }: SightingsAnswer): object {
  const notTold = {
    limitedToCaller,
    ...(leftOut === undefined ? {} : { leftOut }),
    ...(unread === undefined ? {} : { unread }),
  }
  return { schema: `surety/${name}@1`, [member]: items, ...notTold }
}

function listLines(list: List, answer: SightingsAnswer, terminal: Terminal): string[] {
  const { items } = answer
  const short = shortIds(items.map(({ id }) => id))
  const withId = (sighting: Sighting) => {
    const { cells, tone } = sightingRow(sighting)
    return { cells: [short(sighting.id), ...cells], tone }
  }
  const rows = inOrder(items).map(withId)
  return [
    ...(rows.length === 0 ? [] : table(rows, terminal, { heading: ['ID', ...HEADINGS[list.kind]] })),
    ...noteLines(list, answer, terminal),
  ]
}

function noteLines({ none }: List, answer: SightingsAnswer, terminal: Terminal): string[] {
  const texts = [...(answer.items.length === 0 ? [none] : []), ...notTold(answer)]
  return texts.flatMap((text) => wrapped(terminal, text))
}

/** Nothing is left out in silence. */
function notTold({ limitedToCaller, leftOut, unread }: SightingsAnswer): string[] {
  return [
    ...(limitedToCaller ? ['What belongs to other users is not shown: ask as root.'] : []),
    ...(leftOut === undefined
      ? []
      : [`${leftOut} more do not fit into one answer and are not shown: the directory is told of all.`]),
    ...(unread === undefined
      ? []
      : [
          `${unread} ${unread === 1 ? 'place' : 'places'} to look in could not be read: surety status says which and why.`,
        ]),
  ]
}

function isMcpServer(sighting: Sighting): sighting is McpServerSighting {
  return sighting.kind === 'mcp-server'
}
