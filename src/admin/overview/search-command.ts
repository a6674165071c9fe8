import type { Command } from 'commander'
import { FOUND_KINDS, type Found, type FoundKind, searchAnswerReader } from '../../protocol/nouns/directory/search.ts'
import { type CommandComponents, examples, openApi, queryOf, withApiOptions } from '../command/command-line.ts'
import { asArgument, countOf } from '../command/format.ts'
import { type FormatOptions, printList, withFormat } from '../command/list-formats.ts'

/** What a row is called, and the list that has more of its kind. */
const KINDS: Readonly<Record<FoundKind, { readonly word: string; readonly list: (words: string) => string }>> = {
  people: { word: 'person', list: (words) => `people list --search ${asArgument(words)}` },
  devices: { word: 'device', list: (words) => `devices list --name ${asArgument(`${words}*`)}` },
  agents: { word: 'agent', list: (words) => `agents products --search ${asArgument(words)}` },
  registrations: { word: 'registration', list: (words) => `registrations list --search ${asArgument(words)}` },
  stops: { word: 'stop', list: (words) => `stops list --search ${asArgument(words)}` },
  mcpServers: { word: 'MCP server', list: (words) => `mcp servers --search ${asArgument(words)}` },
}

type Row = Found & { readonly kind: FoundKind }

/** `search WORDS`: a few of each kind. */
export function addSearchCommand(program: Command, components: CommandComponents): void {
  withFormat(
    withApiOptions(program.command('search').description('find people, devices, agents, stops and more by a name')),
  )
    .argument(
      '<words...>',
      'the beginning of a name or an id; of agents, MCP servers and full names of people any part',
    )
    .addHelpText('after', examples('surety-directory search ada', 'surety-directory search lap-00 -o json'))
    .action(async (given: readonly string[], options: FormatOptions) => {
      const words = given.join(' ')
      const api = await openApi(components, options)
      const found = await api.ask('GET', `/search${queryOf({ q: words })}`, searchAnswerReader)
      const items = FOUND_KINDS.flatMap((kind) => (found[kind]?.items ?? []).map((one): Row => ({ kind, ...one })))
      const others = FOUND_KINDS.filter((kind) => found[kind]?.more === true)
      const more = others.map((kind) => `\nmore: surety-directory ${KINDS[kind].list(words)}`)
      await printList<Row>(components, options, {
        items,
        columns: [
          { heading: 'KIND', cell: ({ kind }) => KINDS[kind].word },
          { heading: 'NAME', cell: ({ name }) => name },
          { heading: 'ABOUT', cell: ({ about }) => about },
          { heading: 'ID', cell: ({ id }) => id },
        ],
        idOf: ({ id }) => id,
        document: { schema: 'surety-directory/search@1', words, found },
        footer: `${items.length === 0 ? `nothing is called ${words}` : countOf(items.length, 'result')}${more.join('')}`,
      })
    })
}
