import type { Command } from 'commander'
import {
  type Preregistration,
  preregisteredReader,
  preregistrationPageReader,
  preregistrationReader,
} from '../../protocol/api/preregistrations.ts'
import { PREREGISTRATION_ID } from '../../protocol/ids.ts'
import {
  allPages,
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  openApi,
  queryOf,
  withApiOptions,
} from '../command/command-line.ts'
import { countOf, isoTime, timeOf } from '../command/format.ts'
import { type Column, type FormatOptions, printList, withFormat } from '../command/list-formats.ts'
import { itemIdOf, type NamedItems } from '../names/name-item.ts'
import { readOwnerFile } from './owner-file.ts'

/** `preregistrations`: devices that tokens for preregistered devices take. */

interface ListOptions extends FormatOptions {
  readonly unused?: boolean
}

export function addPreregistrationCommands(program: Command, components: CommandComponents): void {
  const preregistrations = program
    .command('preregistrations')
    .description('devices that may enrol with a token for preregistered devices, each once')
  withApiOptions(preregistrations.command('add').description('preregister the devices of a file, all or none'))
    .argument('<file>', 'CSV, one line a device: SERIAL-OR-HOST,OWNER; also serial:…, host:… and ek:SHA-256')
    .addHelpText(
      'after',
      examples(
        'surety-directory preregistrations add laptops.csv',
        'surety-directory preregistrations add endorsement-keys.csv --json',
      ),
    )
    .action(async (file: string, options: CommonOptions) => {
      const items = await readOwnerFile(file)
      const api = await openApi(components, options)
      const counts = await api.ask('POST', '/preregistrations', preregisteredReader, { items })
      answer(components, options, { schema: 'surety-directory/preregistered@1', ...counts }, () => [
        `${countOf(counts.added)} added, ${countOf(counts.changed)} changed, ${countOf(counts.unchanged)} unchanged`,
      ])
    })
  withFormat(withApiOptions(preregistrations.command('list').description('devices that are preregistered')))
    .option('--unused', 'only those that no device has used')
    .addHelpText(
      'after',
      examples(
        'surety-directory preregistrations list --unused',
        'surety-directory preregistrations list -o csv > preregistered.csv',
      ),
    )
    .action(async (options: ListOptions) => {
      const path = `/preregistrations${queryOf({ used: options.unused === true ? 'no' : undefined })}`
      const items = await allPages(await openApi(components, options), path, preregistrationPageReader)
      printList<Preregistration>(components, options, {
        items,
        columns: COLUMNS,
        idOf: ({ id }) => id,
        document: { schema: 'surety-directory/preregistrations@1', preregistrations: items },
        footer: items.length === 0 ? 'no preregistrations' : countOf(items.length, 'preregistration'),
      })
    })
  withApiOptions(preregistrations.command('remove').description('take one back; a device that enrolled with it stays'))
    .argument('<preregistration>', 'its id, at least eight characters of its beginning, its name, owner or device')
    .addHelpText(
      'after',
      examples(
        'surety-directory preregistrations remove PF3X2Y1Z',
        'surety-directory preregistrations remove pre_4fG2 --json',
      ),
    )
    .action(async (wanted: string, options: CommonOptions) => {
      const api = await openApi(components, options)
      const id = await itemIdOf(api, wanted, NAMED)
      const removed = await api.ask('DELETE', `/preregistrations/${id}`, preregistrationReader)
      answer(components, options, { schema: 'surety-directory/preregistration@1', preregistration: removed }, () => [
        `preregistration ${id} is removed`,
        ...(removed.device === undefined ? [] : [`${removed.device}, which enrolled with it, stays`]),
      ])
    })
}

const NAMED: NamedItems<Preregistration> = {
  wholeId: new RegExp(PREREGISTRATION_ID),
  path: '/preregistrations',
  reader: preregistrationPageReader,
  noun: 'preregistration',
  list: 'preregistrations list',
  preferred: () => true,
  describe: ({ id, kind, name }) => `${id} (${kind} ${name})`,
}

const COLUMNS: readonly Column<Preregistration>[] = [
  { heading: 'ID', cell: ({ id }) => id },
  { heading: 'KIND', cell: ({ kind }) => kind },
  { heading: 'NAME', cell: ({ name }) => name },
  { heading: 'OWNER', cell: ({ owner }) => owner },
  { heading: 'DEVICE', cell: ({ device }) => device ?? '-', value: ({ device }) => device },
  {
    heading: 'ENROLLED',
    cell: ({ enrolledAt }) => timeOf(enrolledAt),
    value: ({ enrolledAt }) => isoTime(enrolledAt),
  },
  {
    heading: 'ADDED',
    wide: true,
    cell: ({ addedAt }) => timeOf(addedAt),
    value: ({ addedAt }) => isoTime(addedAt),
  },
  { heading: 'BY', wide: true, cell: ({ addedBy }) => addedBy },
]
