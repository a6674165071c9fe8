import { resolve } from 'node:path'
import type { Command } from 'commander'
import { utf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { fieldsBetween, fieldWords } from '../../protocol/noun/difference.ts'
import { actorNameIn, type EntryView, entries, nameIn } from '../../protocol/nouns/directory/record.ts'
import { newFile } from '../../system/files/own/new-file.ts'
import { answer, type CommandComponents } from '../command/command-line.ts'
import { countOf, facts, timeOf } from '../command/format.ts'
import { call } from '../nouns/call.ts'
import { addNounCommands } from '../nouns/noun-commands.ts'

/** The record: its entries, each with its proof, and the log that has them. */
export function addAuditCommands(program: Command, components: CommandComponents): Command {
  return addNounCommands(program, components, entries, {
    async show({ options }, entry) {
      const { proof } = entry
      const out = typeof options.out === 'string' ? resolve(options.out) : undefined
      if (out !== undefined) {
        if (proof === undefined) {
          throw new SuretyError('CONFLICT', `${entry.id} has no proof yet: ask again in a moment`)
        }
        await using file = await newFile(out)
        await file.append(utf8(proof))
        await file.finish()
      }
      answer(components, options, { schema: 'surety-directory/entry@1', entry }, () => [
        ...facts([
          ['time', timeOf(entry.time)],
          ['entered', entry.entered === undefined ? undefined : timeOf(entry.entered)],
          ['kind', entry.act],
          ['by', actorNameIn(entry)],
          ['from', entry.address ?? undefined],
          ['session', entry.session],
          ['token', entry.token],
          ['for', namedId(entry, entry.onBehalfOf)],
          ['object', namedId(entry, entry.subject)],
          ['device', namedId(entry, entry.device)],
          ['agent', namedId(entry, entry.agent)],
          ['attempt', entry.attempt],
          ['outcome', entry.outcome],
          ['policy', entry.policy?.toString()],
          ...changedOf(entry).map((words) => ['changed', words] as const),
          ['details', entry.removed === true ? 'removed: its time was over' : jsonOf(entry.details)],
          ['index', entry.index === undefined ? 'none yet' : `${entry.index}`],
          ['proof', out ?? (proof === undefined ? 'none yet' : 'write it to a file with --out')],
        ]),
      ])
    },
    verbs: {
      async log({ api, options }) {
        const log = await call(api, entries, 'log')
        answer(components, options, { schema: 'surety-directory/record-log@1', ...log }, () =>
          facts([
            ['origin', log.origin],
            ['key', log.key],
            ['size', countOf(log.size, 'entry', 'entries')],
          ]),
        )
      },
    },
  })
}

/** `lap-0042 (dev_4fG2aB)`. */
function namedId(entry: EntryView, id: string | undefined): string | undefined {
  const name = nameIn(entry, id)
  return name === id ? id : `${name} (${id})`
}

/** Each member that the act changed, in words. */
function changedOf({ before, after }: EntryView): readonly string[] {
  if (before === undefined && after === undefined) return []
  return fieldsBetween(legible(before), legible(after)).map(fieldWords)
}

/** Times as a person reads them. A personal text is null once the key of its person was destroyed. */
function legible(values: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const members = Object.entries(values).map(([name, value]): [string, unknown] => {
    if (value === null) return [name, '(forgotten)']
    return [name, typeof value === 'number' && /(At|until)$/i.test(name) ? timeOf(value) : value]
  })
  return Object.fromEntries(members)
}

function jsonOf(values: object | undefined): string | undefined {
  return values === undefined ? undefined : JSON.stringify(values)
}
