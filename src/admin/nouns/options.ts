import { Command, InvalidArgumentError } from 'commander'
import { faultOf, type TSchema } from '../../base/schema.ts'
import { choicesOf, MAX_PAGE, type Option } from '../../protocol/noun/noun.ts'
import { registrations } from '../../protocol/nouns/agents/registrations.ts'
import { people } from '../../protocol/nouns/people/people.ts'
import { type CommandComponents, oneOf } from '../command/command-line.ts'
import { durationIn, readDuration, readSince, wholeNumberIn } from '../command/read-numbers.ts'
import { readUntil } from '../command/read-until.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { eventKindOf } from '../names/event-kind.ts'
import { deviceIdOf } from '../names/name-device.ts'
import { idOf } from './call.ts'

/** Options of commands that set members of a query or a body. */

interface OptionOfMember extends Option {
  /** Of the member: its words or its range are those of the option. */
  readonly schema?: TSchema | undefined
  /** Those that cannot be used with it. */
  readonly others?: readonly Option[]
}

export function addOption(
  command: Command,
  { flags, about, as, required, hidden, choices, words: spoken, form, schema, others = [] }: OptionOfMember,
  { now }: CommandComponents,
): void {
  const option = command
    .createOption(flags, about)
    .makeOptionMandatory(required === true)
    .hideHelp(hidden === true)
    .conflicts(others.map((other) => attributeOf(other.flags)))
  const name = /<([^>]+)>/.exec(flags)?.[1]
  const words = choicesOf(schema)
  if (choices !== undefined) option.choices(choices)
  else if (as === 'time') option.argParser((text) => now() + readDuration(text))
  else if (as === 'until') option.argParser((text) => readUntil(text)(now()))
  else if (as === 'since') option.argParser((text) => readSince(text, now()))
  else if (as === 'event') option.argParser(eventKindOf)
  else if (as === 'duration') option.argParser(durationIn(Object(schema)))
  else if (as === 'count') option.argParser(readCount)
  else if (name !== undefined && spoken !== undefined) option.argParser(wordOf(name, words, spoken))
  else if (name !== undefined && words !== undefined) option.argParser(oneOf(name, words))
  else if (form !== undefined && schema !== undefined) {
    option.argParser((text) => {
      if (faultOf(schema, text) === undefined) return text
      throw new InvalidArgumentError(form)
    })
  } else if (name !== undefined && Object(schema).type === 'integer') {
    option.argParser(wholeNumberIn(Object(schema)))
  }
  command.addOption(option)
}

/** What options set, by member. */
export async function membersOf(
  api: ApiClient,
  options: readonly Option[],
  given: object,
): Promise<Readonly<Record<string, unknown>>> {
  const members: Record<string, unknown> = {}
  for (const option of options) {
    const { flags, member, as } = option
    const written = Object.entries(given).find(([name]) => name === attributeOf(flags))?.[1]
    const isNegated = flags.startsWith('--no-')
    if (member === undefined || written === undefined || (isNegated ? written !== false : written === false)) continue
    if ('value' in option) members[member] = option.value
    else if (as === 'human' && typeof written === 'string') members[member] = await idOf(api, people, written)
    else if (as === 'registration' && typeof written === 'string')
      members[member] = await idOf(api, registrations, written)
    else if (as === 'device' && typeof written === 'string') members[member] = await deviceIdOf(api, written)
    else members[member] = written
  }
  return members
}

function attributeOf(flags: string): string {
  return new Command().createOption(flags).attributeName()
}

const readCount = wholeNumberIn({ minimum: 1, maximum: MAX_PAGE })

/** Reads what people write for a word, if that differs. The word is taken, too. */
function wordOf(
  what: string,
  words: readonly string[] | undefined,
  spoken: Readonly<Record<string, string>>,
): (text: string) => string {
  const read = oneOf(what, words?.map((word) => spoken[word] ?? word) ?? Object.values(spoken))
  return (text) => {
    if (Object.hasOwn(spoken, text)) return text
    const said = read(text)
    return Object.keys(spoken).find((word) => spoken[word] === said) ?? said
  }
}
