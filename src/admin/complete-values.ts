import { ERROR_CODES } from '../base/errors.ts'
import { CHECKS } from '../checks/checks.ts'
import type { Candidate, ValuePlace, ValuesOf } from '../command-line/completion.ts'
import { directorySettings } from '../config/directory.ts'
import { flagName, type Settings } from '../config/settings.ts'
import { HEALTH_CODES } from '../protocol/health.ts'
import { VERDICT_WORDS } from '../protocol/messages/attestation-result.ts'
import { ISSUABLE_ORDER_KINDS } from '../protocol/messages/order.ts'
import { commandOf, type ListQuery, listCommandOf, memberSchema, type Noun, usualQuery } from '../protocol/noun/noun.ts'
import { ADMINISTRATOR_ROLES, SERVICE_SCOPES } from '../protocol/noun/permissions.ts'
import type { TextNoun } from '../protocol/noun/versioned-text.ts'
import { REVIEW_ANSWERS } from '../protocol/nouns/agents/reviews.ts'
import { ALL_NOUNS } from '../protocol/nouns/all-nouns.ts'
import { devices as declaredDevices } from '../protocol/nouns/devices/devices-noun.ts'
import { seenAgentPageReader as fleetAgentPageReader } from '../protocol/nouns/devices/fleet.ts'
import { accessText } from '../protocol/nouns/directory/access.ts'
import { EVENT_KINDS } from '../protocol/nouns/directory/events.ts'
import { gatePolicyText } from '../protocol/nouns/directory/gate-policy.ts'
import { policyText } from '../protocol/nouns/directory/policy.ts'
import { rulesText } from '../protocol/nouns/directory/rules.ts'
import { people } from '../protocol/nouns/people/people.ts'
import { TIERS } from '../protocol/tier.ts'
import { UPDATE_PLATFORMS } from '../protocol/updates.ts'
import { type CommandComponents, type CommonOptions, readProfileOf } from './command/command-line.ts'
import { LIST_FORMATS, PAGE_FORMATS } from './command/list-formats.ts'
import type { ApiClient } from './connection/api-client.ts'
import { readContexts } from './connection/contexts.ts'
import { list } from './nouns/call.ts'

/**
 * Values for completion by their place: the path of the command and the name of the argument, an option, or the name alone. The
 * most precise one counts.
 */

/** A person who pressed Tab does not wait longer. */
const TIMEOUT_MS = 1_500
/** As much of a device id as the directory looks up. */
const ID_BEGINNING = /^dev_[\w-]{4,}$/
/** That of any other item. */
const ITEM_ID_BEGINNING = /^(?=.{8})[a-z]{3,4}_[\w-]+$/

/** The words of an option, by its place. */
function placeOf(command: string, flags: string, values: readonly string[]) {
  const name = /<([^>]+)>/.exec(flags)?.[1]
  return name === undefined || values.length === 0 ? [] : [[`${command} <${name}>`, values] as const]
}

/** The words of options of nouns. */
const nounWords = ALL_NOUNS.flatMap((noun) => [
  ...Object.values(noun.list.filters ?? {}).flatMap(({ schema, options = [] }) =>
    options.flatMap(({ flags, choices, words = {} }) => {
      const spoken = Object.values(words)
      return placeOf(listCommandOf(noun), flags, choices ?? (spoken.length > 0 ? spoken : wordsOf(schema)))
    }),
  ),
  ...(noun.list.sorts === undefined ? [] : [[`${listCommandOf(noun)} <column>`, noun.list.sorts] as const]),
  ...Object.entries(noun.verbs).flatMap(([verb, { command, body }]) =>
    (command?.options ?? []).flatMap(({ flags, member, choices }) =>
      placeOf(`${commandOf(noun)} ${verb}`, flags, choices ?? wordsOf(memberSchema(body, member) ?? {})),
    ),
  ),
])

const WORDS: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(nounWords),
  '<verdict>': Object.values(VERDICT_WORDS),
  '<tier>': TIERS,
  '<role>': ADMINISTRATOR_ROLES,
  '<scope>': SERVICE_SCOPES,
  '<code>': ERROR_CODES,
  'devices order <kind>': ISSUABLE_ORDER_KINDS,
  '<check>': CHECKS,
  '<platform>': UPDATE_PLATFORMS,
  'updates rotate <role>': ['root', 'targets', 'snapshot', 'timestamp'],
  'devices list <code>': HEALTH_CODES,
  '--output': LIST_FORMATS,
  'people show <format>': PAGE_FORMATS,
  'events list <kind>': EVENT_KINDS,
  'reviews answer <answer>': REVIEW_ANSWERS,
  'webhooks add <kinds>': EVENT_KINDS,
}

type Ask = (api: ApiClient, typed: string) => Promise<readonly Candidate[]>

/** By the beginning of an id the directory looks in all devices; by that of a host name only the first page is searched. */
const devices: Ask = async (api, typed) => {
  const named = ID_BEGINNING.test(typed) ? typed : undefined
  const { items } = await list(api, declaredDevices, { limit: 500, ...(named === undefined ? {} : { named }) })
  return items.flatMap(({ id, owner, label }) => {
    const host = label?.hostname
    return [
      ...(host === undefined ? [] : [{ word: host, about: `${id} of ${owner}` }]),
      { word: id, about: host ?? owner },
    ]
  })
}
const agentKeys: Ask = async (api) => {
  const { items } = await api.ask('GET', '/agents?limit=500', fleetAgentPageReader)
  return items.flatMap(({ item }) => (item === undefined ? [] : [{ word: item.key }]))
}
/** Also those who left: they may be shown, and come back. */
const persons: Ask = async (api, typed) => {
  const search = typed.trim() === '' ? {} : { search: typed.slice(0, 256) }
  const { items } = await list(api, people, { ...search, limit: 100 })
  return items.map((one) => people.completes(one))
}
const versionsOf =
  ({ noun, historyReader }: Pick<typeof policyText, 'historyReader'> & { readonly noun: TextNoun }): Ask =>
  async (api) => {
    const { items } = await api.ask('GET', `/${noun}/history?limit=100`, historyReader)
    return items.map(({ version }) => ({ word: `${version}` }))
  }

/** Items of a noun whose name begins with what was typed, where its list can search; else those whose id may. */
const itemsOf =
  (noun: Noun): Ask =>
  async (api, typed) => {
    const candidates = async (narrowed: ListQuery) => {
      const { items } = await list(api, noun, { ...usualQuery(noun), ...narrowed, limit: 500 })
      return items.filter((item) => noun.preferred?.(item) ?? true).map((item) => noun.completes(item))
    }
    if (noun.list.search !== undefined && typed !== '') {
      const found = await candidates({ search: typed.slice(0, 256) })
      // A search for a reason or a host finds items whose word is their id.
      if (found.some(({ word }) => word.startsWith(typed))) return found
    }
    return await candidates(ITEM_ID_BEGINNING.test(typed) ? { named: typed } : {})
  }

/** Whether a command takes the name of an item. */
function takesItems({ show, verbs }: Noun): boolean {
  return (
    show !== undefined || Object.values(verbs).some(({ ofItem, command }) => ofItem === true && command !== undefined)
  )
}

const IDS: Readonly<Record<string, Ask>> = {
  ...Object.fromEntries(ALL_NOUNS.filter(takesItems).map((noun) => [`<${noun.spoken.one}>`, itemsOf(noun)])),
  '<device>': devices,
  '<key>': agentKeys,
  '<person>': persons,
  'agents show <key or device>': async (api, typed) => [
    ...(await agentKeys(api, typed)),
    ...(await devices(api, typed)),
  ],
  'policy show <version>': versionsOf(policyText),
  'policy rollback <version>': versionsOf(policyText),
  'access show <version>': versionsOf(accessText),
  'access rollback <version>': versionsOf(accessText),
  'gate-policy show <version>': versionsOf(gatePolicyText),
  'gate-policy rollback <version>': versionsOf(gatePolicyText),
  'rules show <version>': versionsOf(rulesText),
  'rules rollback <version>': versionsOf(rulesText),
}

/** Each names a command with an argument or option, an option, or an argument. */
export const COMPLETED_PLACES: readonly string[] = [...Object.keys(WORDS), ...Object.keys(IDS)]

export function completeValues(components: CommandComponents): ValuesOf {
  return async (place, words) => {
    const known = at(WORDS, place) ?? settingWords(place)
    if (known !== undefined) return known.map((word) => ({ word }))
    if (place.option === '--context' || place.name === 'context') {
      const { byName } = await readContexts(components.client.contextsFile)
      return [...byName].map(([word, { url }]) => ({ word, about: url }))
    }
    const ask = at(IDS, place)
    if (ask === undefined) return []
    const profile = await readProfileOf(components, commonOptionsIn(words))
    return await ask(components.apiOf(profile, { timeoutMs: TIMEOUT_MS }), words.at(-1) ?? '')
  }
}

function at<T>(table: Readonly<Record<string, T>>, { path, option, name }: ValuePlace): T | undefined {
  return table[`${path} <${name}>`] ?? (option === undefined ? undefined : table[option]) ?? table[`<${name}>`]
}

/** The words of a setting that is a choice. */
function settingWords({ option }: ValuePlace): readonly string[] | undefined {
  const settings: Settings = directorySettings
  const [, one] = Object.entries(settings).find(([key]) => flagName(key) === option) ?? []
  const words = one === undefined ? [] : wordsOf(one.schema)
  return words.length === 0 ? undefined : words
}

/** Of a choice. */
function wordsOf(schema: object): readonly string[] {
  return 'enum' in schema && Array.isArray(schema.enum) ? schema.enum.map(String) : []
}

/** Which directory the unfinished line is about. */
function commonOptionsIn(words: readonly string[]): CommonOptions {
  const options: Record<string, string> = {}
  for (const [index, word] of words.entries()) {
    const [, name = '', value = words[index + 1]] = /^--(data|profile|context|config)(?:=(.*))?$/s.exec(word) ?? []
    if (name !== '' && value !== undefined && value !== '') options[name] = value
  }
  return options
}
