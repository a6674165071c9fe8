import { member } from '../../base/json-object.ts'
import { type ListedVersion, TEXT_MEMBERS, type TextMember, type TextNoun } from '../../protocol/noun/versioned-text.ts'
import { type RegistrationView, registrations } from '../../protocol/nouns/agents/registrations.ts'
import { type StopView, selectorWords, stops } from '../../protocol/nouns/agents/stops.ts'
import { accessText } from '../../protocol/nouns/directory/access.ts'
import { gatePolicyText } from '../../protocol/nouns/directory/gate-policy.ts'
import { policyText } from '../../protocol/nouns/directory/policy.ts'
import { type EntryView, entries } from '../../protocol/nouns/directory/record.ts'
import { rulesText } from '../../protocol/nouns/directory/rules.ts'
import { allPages, queryOf } from '../command/command-line.ts'
import { isoTime } from '../command/format.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { list } from '../nouns/call.ts'
import { entryPages, type LogThen, type RecordSource } from '../record/entry-pages.ts'
import type { Names } from './names.ts'

/** What the register and the policies were in a period, each with the entries of the log that say so. */

export interface Period {
  readonly since: number
  readonly until: number
}

interface Read extends Period {
  readonly source: RecordSource
  readonly log: LogThen
  readonly names: Names
}

/** Registrations that were not retired before the period, and were there before its end. */
export async function* registrationLines(read: Read): AsyncGenerator<object> {
  const { items } = await list(read.source.api, registrations)
  for (const registration of items) {
    const { createdAt, state, stateAt } = registration
    if (createdAt >= read.until || (state === 'retired' && stateAt < read.since)) continue
    const acts: EntryView[] = []
    for await (const page of entryPages(read.source, read.log, { subject: registration.id }))
      acts.push(...page.map(read.names.ofEntry))
    const owners = ownersOf(registration, acts)
    yield read.names.ofItem({ ...registration, ...timesOf(registration), owners, changes: acts.map(actOf) })
  }
}

/** Who answered for the agent, and from when. Null: their key was destroyed. */
function ownersOf({ owner, createdAt }: RegistrationView, acts: readonly EntryView[]) {
  const chain = acts.flatMap(({ time, index, before = {}, after = {} }) => {
    if (!('owner' in after) && !('owner' in before)) return []
    return [{ owner: after.owner, since: isoTime(time), entry: index }]
  })
  if (chain.length === 0 && owner !== undefined) return [{ owner, since: isoTime(createdAt) }]
  return chain.map((one, at) => ({ ...one, ...member('until', chain[at + 1]?.since) }))
}

function timesOf({ createdAt, changedAt, stateAt, expiresAt, reviewAt }: RegistrationView) {
  return {
    createdAt: isoTime(createdAt),
    changedAt: isoTime(changedAt),
    stateAt: isoTime(stateAt),
    ...member('expiresAt', isoTime(expiresAt)),
    ...member('reviewAt', isoTime(reviewAt)),
  }
}

function actOf({ index, time, act, actor, before, after, details, removed }: EntryView) {
  return { entry: index, time: isoTime(time), act, by: actor, before, after, details, removed }
}

/** Stops that were asked for before the end of the period, and were not over before it began. */
export async function* stopLines(read: Read): AsyncGenerator<object> {
  const { items } = await list(read.source.api, stops)
  for (const stop of items) {
    const ended = endOf(stop)
    if (stop.createdAt >= read.until || (ended !== undefined && ended < read.since)) continue
    const begun = beginOf(stop)
    const indexes: unknown[] = []
    for await (const page of entryPages(read.source, read.log, { subject: stop.id })) {
      indexes.push(...page.filter(({ act }) => !ANSWERS.includes(act)).map(({ index }) => index))
    }
    const { id, kind, selector, names = {}, reason, state, createdAt, createdBy, confirmedAt, confirmedBy } = stop
    const { emergency, twoPersons, release, progress } = stop
    const described = {
      id,
      kind,
      about: selectorWords(read.names.ofItem(selector), read.names.ofItem(names)),
      selector,
      reason,
      state,
      emergency,
      twoPersons,
    }
    const decided = {
      createdAt: isoTime(createdAt),
      createdBy,
      confirmedAt: isoTime(confirmedAt),
      confirmedBy,
      release,
    }
    const seconds = begun === undefined || ended === undefined ? undefined : (ended - begun) / 1000
    const held = { inForceAt: isoTime(begun), endedAt: isoTime(ended), durationSeconds: seconds }
    yield read.names.ofItem({ ...described, ...decided, ...held, outcome: progress, entries: indexes })
  }
}

const ANSWERS = ['stop-answered', 'stop-event']

/** Undefined: it never was in force. */
function beginOf({ twoPersons, emergency, createdAt, confirmedAt }: StopView): number | undefined {
  return twoPersons && !emergency ? confirmedAt : createdAt
}

function endOf({ state, release, endsAt }: StopView): number | undefined {
  if (state === 'released' || state === 'withdrawn') return release?.confirmedAt ?? release?.requestedAt
  return state === 'ended' || state === 'lapsed' ? endsAt : undefined
}

export interface PolicyVersion {
  readonly line: object
  /** Its name is its SHA-256. */
  readonly file: string
  readonly text: string
}

/** Versions that were in use at some time of the period. Version 0 is what the release of now begins with. */
export async function policyVersions(read: Read): Promise<readonly PolicyVersion[]> {
  const { api } = read.source
  const texts = [
    { noun: policyText.noun, history: policyText.historyReader, textOf: textsOf(api, policyText), ending: 'yaml' },
    { noun: rulesText.noun, history: rulesText.historyReader, textOf: textsOf(api, rulesText), ending: 'yaml' },
    { noun: accessText.noun, history: accessText.historyReader, textOf: textsOf(api, accessText), ending: 'cedar' },
    {
      noun: gatePolicyText.noun,
      history: gatePolicyText.historyReader,
      textOf: textsOf(api, gatePolicyText),
      ending: 'cedar',
    },
  ]
  const found: PolicyVersion[] = []
  for (const { noun, history, textOf, ending } of texts) {
    const versions: readonly ListedVersion[] = await allPages(api, `/${noun}/history`, history)
    for (const [at, version] of versions.entries()) {
      const from = version.setAt
      // Newest first: the one before it in the list replaced it.
      const to = versions[at - 1]?.setAt
      if ((from ?? 0) >= read.until || (to !== undefined && to <= read.since)) continue
      const sha256 = Buffer.from(version.hash, 'base64url').toString('hex')
      const file = `policies/${sha256}.${ending}`
      const act = `${noun}-${version.restores === undefined ? 'set' : 'rolled-back'}`
      const { items } = await list(api, entries, { act, subject: `${version.version}`, limit: 1 })
      const { version: number, setBy, setByName, reason, forced, restores } = version
      const line = {
        kind: noun,
        version: number,
        from: isoTime(from),
        to: isoTime(to),
        sha256,
        file,
        entry: items[0]?.index,
      }
      const decided = { setBy, setByName, reason, forced, restores }
      found.push({ file, text: await textOf(number), line: read.names.ofItem({ ...line, ...decided }) })
    }
  }
  return found
}

function textsOf<N extends TextNoun>(
  api: ApiClient,
  {
    noun,
    viewReader,
  }: { readonly noun: N; readonly viewReader: Parameters<typeof api.ask<Record<TextMember<N>, string>>>[2] },
) {
  return async (version: number) =>
    (await api.ask('GET', `/${noun}${queryOf({ version })}`, viewReader))[TEXT_MEMBERS[noun]]
}
