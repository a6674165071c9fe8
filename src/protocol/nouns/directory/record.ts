import { closed, counter, legibleReason, type Static, Type, text, words } from '../../../base/schema.ts'
import { deviceIdSchema, entryIdSchema, timeSchema } from '../../ids.ts'
import { noun, verb } from '../../noun/noun.ts'

/** The record: what was done and which verdicts changed, as leaves of a transparency log. docs/record.md describes the format. */

/** An entry bundle counts the bytes of an entry in 16 bits. */
export const RECORD_ENTRY_BYTES = 65_535

/** A personal text: nonce, ciphertext and tag of AES-256-GCM in base64url, and the id of the person's key. */
const sealedTextSchema = closed({ sealed: Type.String({ maxLength: 8192 }), key: text(64) })
export type SealedText = Static<typeof sealedTextSchema>

const valuesSchema = Type.Record(Type.String(), Type.Unknown())

export const ACTOR_KINDS = ['administrator', 'service', 'person', 'device', 'directory'] as const

/** One entry. Its bytes are the canonical JSON (RFC 8785) of this. */
export const recordEntrySchema = closed({
  v: Type.Literal(1),
  id: entryIdSchema,
  time: timeSchema,
  /** Where it was entered later than it happened. */
  entered: Type.Optional(timeSchema),
  /** One of `EVENT_KINDS`, or a kind of a later release. */
  act: text(64),
  actor: closed({
    id: text(256),
    kind: words(...ACTOR_KINDS),
    name: Type.Optional(sealedTextSchema),
  }),
  /** Absent: the directory did it. */
  from: Type.Optional(
    closed({
      address: sealedTextSchema,
      /** Id of a session of the console. */
      session: Type.Optional(text(64)),
      /** Id of the principal whose token it was. */
      token: Type.Optional(text(64)),
    }),
  ),
  /** Who asked the actor for it. */
  onBehalfOf: Type.Optional(text(256)),
  subject: Type.Optional(text(256)),
  device: Type.Optional(text(64)),
  agent: Type.Optional(text(256)),
  /** What this is the outcome of, or what it begins: the id of an order. */
  attempt: Type.Optional(text(64)),
  /** Of an attempt that ended. */
  outcome: Type.Optional(text(64)),
  /** Version of the policy that decided. */
  policy: Type.Optional(Type.Integer({ minimum: 0 })),
  before: Type.Optional(valuesSchema),
  after: Type.Optional(valuesSchema),
  details: valuesSchema,
})
export type RecordEntry = Static<typeof recordEntrySchema>

/** An entry for people: its personal texts are open, unless the key of their person was destroyed. Then they are null. */
export const entryViewSchema = closed({
  id: entryIdSchema,
  /** In the log. Absent: it gets one within a moment. */
  index: Type.Optional(counter()),
  time: timeSchema,
  entered: Type.Optional(timeSchema),
  act: text(64),
  /** Id of a principal, a person or a device; `directory`, or `local` for a command that opened the database itself. */
  actor: text(256),
  actorKind: Type.Optional(words(...ACTOR_KINDS)),
  actorName: Type.Optional(Type.Union([text(1024), Type.Null()])),
  address: Type.Optional(Type.Union([text(256), Type.Null()])),
  session: Type.Optional(text(64)),
  token: Type.Optional(text(64)),
  onBehalfOf: Type.Optional(text(256)),
  subject: Type.Optional(text(256)),
  device: Type.Optional(text(64)),
  agent: Type.Optional(text(256)),
  attempt: Type.Optional(text(64)),
  outcome: Type.Optional(text(64)),
  policy: Type.Optional(Type.Integer({ minimum: 0 })),
  before: Type.Optional(valuesSchema),
  after: Type.Optional(valuesSchema),
  details: Type.Optional(valuesSchema),
  /** What its ids are called today. They are of the register, and the log has not signed them. */
  names: Type.Optional(Type.Record(Type.String(), text(512))),
  /** Members that are open here and sealed in the log: `actorName`, `address`, `after.owner`. */
  personal: Type.Optional(Type.Array(text(128), { maxItems: 64 })),
  /** Its time was over: only its hash is kept. */
  removed: Type.Optional(Type.Literal(true)),
  /** Of an entry that is asked for alone: a C2SP tlog-proof with the bytes of the entry. Absent: it has no index yet. */
  proof: Type.Optional(text(400_000)),
})
export type EntryView = Static<typeof entryViewSchema>

/** What an id of the entry is called today, or the id. A device names itself, and could take the name of a person: it is called a device. */
export function nameIn({ names = {} }: Pick<EntryView, 'names'>, id: string | undefined): string | undefined {
  const name = id === undefined ? undefined : names[id]
  return name !== undefined && id?.startsWith('dev_') === true ? `device ${name}` : (name ?? id)
}

/** Its name when it acted, or else what it is called today, or its id. A name is null once the key of its person was destroyed. */
export function actorNameIn(entry: Pick<EntryView, 'actor' | 'actorName' | 'names'>): string {
  const { actor, actorName } = entry
  return actorName ?? nameIn(entry, actor) ?? actor
}

export const recordLogSchema = closed({
  /** Name of the log. */
  origin: text(256),
  /** Public key of the log as C2SP signed-note has it: NAME+ID+KEY. */
  key: text(512),
  /** Entries that have an index. */
  size: counter(),
  /** The newest one, a signed note. Absent: there is no entry yet. */
  checkpoint: Type.Optional(text(131_072)),
  /** The newest one that witnesses cosigned, with their cosignatures. Absent: none has. */
  cosigned: Type.Optional(text(131_072)),
})

/** What retention and the destruction of keys leave alone. */
const recordHoldSchema = closed({
  /** Id of a person, a device, an agent or another object, or `all`. */
  about: text(256),
  reason: text(500),
  heldAt: timeSchema,
  heldBy: text(256),
})
export type RecordHold = Static<typeof recordHoldSchema>

const recordHoldRequestSchema = closed({
  about: Type.String({ minLength: 1, maxLength: 256, pattern: '^(all|[a-z]{2,5}_[A-Za-z0-9_-]{1,64})$' }),
  reason: legibleReason(),
})
const recordHoldsSchema = closed({ holds: Type.Array(recordHoldSchema) })

export const RECORD_ACTS = ['record-held', 'record-released', 'record-continued'] as const

const filterText = Type.String({ minLength: 1, maxLength: 256 })

/** What was done and which verdicts changed. */
export const entries = noun({
  one: 'entry',
  many: 'entries',
  command: 'audit',
  about: 'the record: what was done, by whom, and proofs that nobody changed it',
  id: entryIdSchema,
  item: entryViewSchema,
  called: 'its id, or at least eight characters of its beginning',
  describe: ({ id, act, actor }) => `${id} (${act} by ${actor})`,
  completes: ({ id, act }) => ({ word: id, about: act }),
  list: {
    operationId: 'listEntries',
    action: 'audit',
    summary: 'Entries of the record, newest first',
    newestFirst: true,
    /** By index: only those that have one. */
    sorts: ['time', 'index'],
    search: 'those that have this text, in any case, among the newest 10,000 until --until; names are sealed',
    filters: {
      actor: {
        schema: filterText,
        options: [{ flags: '--by <who>', about: 'only by this person, administrator, service or device: id or name' }],
      },
      act: {
        schema: text(64),
        options: [{ flags: '--kind <kind>', about: 'only of this kind: see events kinds' }],
      },
      subject: {
        schema: filterText,
        options: [{ flags: '--object <id>', about: 'only about what has this id' }],
      },
      device: {
        schema: deviceIdSchema,
        options: [{ flags: '--device <device>', about: 'only about this device', as: 'device' }],
      },
      agent: {
        schema: filterText,
        options: [{ flags: '--agent <id>', about: 'only about this registered agent' }],
      },
      since: {
        schema: timeSchema,
        options: [
          { flags: '--since <time>', about: 'only since this time: 24h, 7d, 2026-11-28, yesterday', as: 'since' },
        ],
      },
      until: {
        schema: timeSchema,
        options: [{ flags: '--until <time>', about: 'only until this time, in the same forms', as: 'since' }],
      },
    },
    about: 'entries of the record, newest first',
    examples: ['list --since 24h', 'list --by ada --kind stop-created', 'list --device lap-0042 -o csv'],
    columns: [
      { heading: 'TIME', of: ({ time }) => time, as: 'time' },
      { heading: 'KIND', of: ({ act }) => act },
      { heading: 'BY', of: actorNameIn },
      { heading: 'OBJECT', of: (entry) => nameIn(entry, entry.subject) },
      { heading: 'INDEX', of: ({ index }) => index },
      { heading: 'ID', of: ({ id }) => id },
      { heading: 'FROM', of: ({ address }) => address ?? undefined, wide: true },
      { heading: 'FOR', of: (entry) => nameIn(entry, entry.onBehalfOf), wide: true },
      { heading: 'DEVICE', of: (entry) => nameIn(entry, entry.device), wide: true },
      { heading: 'AGENT', of: (entry) => nameIn(entry, entry.agent), wide: true },
      { heading: 'OUTCOME', of: ({ outcome }) => outcome, wide: true },
      { heading: 'BY ID', of: ({ actor }) => actor, wide: true },
      { heading: 'FOR ID', of: ({ onBehalfOf }) => onBehalfOf, wide: true },
      { heading: 'OBJECT ID', of: ({ subject }) => subject, wide: true },
      { heading: 'DEVICE ID', of: ({ device }) => device, wide: true },
      { heading: 'AGENT ID', of: ({ agent }) => agent, wide: true },
    ],
  },
  show: {
    operationId: 'showEntry',
    action: 'audit',
    summary: 'An entry of the record, with the proof that it is in the log',
    about: 'an entry, and the proof that it is in the log',
    examples: ['show ent_4fG2aB', 'show ent_4fG2aB --out entry.tlog-proof'],
    options: [{ flags: '--out <file>', about: 'write the entry and its proof to a new file, for surety audit verify' }],
  },
  verbs: {
    log: verb({
      method: 'GET',
      path: '/log',
      operationId: 'getRecordLog',
      action: 'audit',
      summary: 'Name and public key of the log, its size and its newest checkpoint',
      response: recordLogSchema,
      command: {
        about: 'name and public key of the log, and how many entries it has',
        document: { name: 'record-log' },
        examples: ['log', 'log --json'],
      },
    }),
    holds: verb({
      method: 'GET',
      path: '/holds',
      operationId: 'listRecordHolds',
      action: 'audit',
      summary: 'Legal holds: what retention and the destruction of keys leave alone',
      response: recordHoldsSchema,
      command: {
        about: 'legal holds: what is neither removed nor forgotten',
        document: { name: 'record-holds' },
        examples: ['holds', 'holds --json'],
      },
    }),
    hold: verb({
      method: 'POST',
      path: '/holds',
      operationId: 'holdRecord',
      action: 'configure',
      summary: 'Hold what the record has about an object, or all of it',
      body: recordHoldRequestSchema,
      response: recordHoldSchema,
      command: {
        about: 'hold what the record has about an object, or all of it',
        arguments: [{ name: 'object', about: 'an id, or all', member: 'about' }],
        options: [{ flags: '--reason <text>', about: 'why', member: 'reason', required: true }],
        document: { name: 'record-hold', member: 'hold' },
        says: ({ about }) => [`${about} is held: nothing of it is removed or forgotten`],
        examples: ['hold hum_4fG2aB --reason "case 7"', 'hold all --reason "audit of the year"'],
      },
    }),
    release: verb({
      method: 'POST',
      path: '/releases',
      operationId: 'releaseRecord',
      action: 'configure',
      summary: 'End a legal hold',
      body: recordHoldRequestSchema,
      response: recordHoldsSchema,
      command: {
        about: 'end a legal hold',
        arguments: [{ name: 'object', about: 'an id, or all', member: 'about' }],
        options: [{ flags: '--reason <text>', about: 'why', member: 'reason', required: true }],
        document: { name: 'record-holds' },
        says: ({ holds }) => [
          `released; ${holds.length === 0 ? 'nothing is held' : `still held: ${holds.map(({ about }) => about).join(', ')}`}`,
        ],
        examples: ['release hum_4fG2aB --reason "case closed"', 'release all --reason done --json'],
      },
    }),
  },
})

/** Who follows the record: systems that every entry is sent to, and witnesses that cosign it. */

const FOLLOWS = {
  /** Of the newest entry that it has, counted from the first: it has this many. */
  size: counter(),
  /** Entries of the log that it does not have yet. */
  behind: counter(),
  /** Why it did not take more, and since when. Absent: it did. */
  problem: Type.Optional(text(1024)),
  failingSince: Type.Optional(timeSchema),
}

const recordForwardSchema = closed({
  /** Its name in the setting `record.forward`. */
  id: text(64),
  kind: words('file', 'hec', 'syslog'),
  /** A path or an address. */
  target: text(1024),
  ...FOLLOWS,
  /** When it last took entries. */
  deliveredAt: Type.Optional(timeSchema),
  /** When it is tried again after a failure. */
  nextAttemptAt: Type.Optional(timeSchema),
})
export type RecordForward = Static<typeof recordForwardSchema>

const recordWitnessSchema = closed({
  /** The name in its key. */
  id: text(256),
  url: text(1024),
  ...FOLLOWS,
  cosignedAt: Type.Optional(timeSchema),
})
export type RecordWitness = Static<typeof recordWitnessSchema>

const toneOf = ({ problem }: { readonly problem?: string | undefined }) => (problem === undefined ? undefined : 'bad')

/** Systems that every entry of the record is sent to. */
export const recordForwards = noun({
  one: 'record forward',
  many: 'record forwards',
  spoken: { one: 'forward', many: 'forwards' },
  command: 'audit',
  about: 'systems that every entry of the record is sent to',
  id: text(64),
  item: recordForwardSchema,
  called: 'its name',
  describe: ({ id, target }) => `${id} (${target})`,
  completes: ({ id, target }) => ({ word: id, about: target }),
  list: {
    command: 'forwards',
    operationId: 'listRecordForwards',
    action: 'audit',
    summary: 'Systems that every entry of the record is sent to, and how far they are',
    about: 'systems that every entry is sent to, and how far they are: see the setting record.forward',
    examples: ['forwards', 'forwards -o csv'],
    none: 'the record is forwarded to no other system: see the setting record.forward',
    toneOf,
    columns: [
      { heading: 'NAME', of: ({ id }) => id },
      { heading: 'KIND', of: ({ kind }) => kind },
      { heading: 'TO', of: ({ target }) => target },
      { heading: 'SENT', of: ({ size }) => size, as: 'count' },
      { heading: 'BEHIND', of: ({ behind }) => behind, as: 'count' },
      { heading: 'LAST SENT', of: ({ deliveredAt }) => deliveredAt, as: 'ago' },
      { heading: 'PROBLEM', of: ({ problem }) => problem },
      { heading: 'FAILING SINCE', of: ({ failingSince }) => failingSince, as: 'ago', wide: true },
      { heading: 'NEXT ATTEMPT', of: ({ nextAttemptAt }) => nextAttemptAt, as: 'time', wide: true },
    ],
  },
  verbs: {},
})

/** Witnesses that cosign the record, beside the devices. */
export const recordWitnesses = noun({
  one: 'record witness',
  many: 'record witnesses',
  spoken: { one: 'witness', many: 'witnesses' },
  command: 'audit',
  about: 'witnesses that cosign the record',
  id: text(256),
  item: recordWitnessSchema,
  called: 'the name in its key',
  describe: ({ id, url }) => `${id} (${url})`,
  completes: ({ id, url }) => ({ word: id, about: url }),
  list: {
    command: 'witnesses',
    operationId: 'listRecordWitnesses',
    action: 'audit',
    summary: 'Witnesses that cosign the record, what they have cosigned and what is missing',
    about: 'witnesses, what they have cosigned and what is missing: see the setting record.witnesses',
    examples: ['witnesses', 'witnesses -o json'],
    none: 'no witness cosigns the record: see the setting record.witnesses',
    toneOf,
    columns: [
      { heading: 'NAME', of: ({ id }) => id },
      { heading: 'ADDRESS', of: ({ url }) => url },
      { heading: 'COSIGNED', of: ({ size }) => size, as: 'count' },
      { heading: 'MISSING', of: ({ behind }) => behind, as: 'count' },
      { heading: 'LAST COSIGNED', of: ({ cosignedAt }) => cosignedAt, as: 'ago' },
      { heading: 'PROBLEM', of: ({ problem }) => problem },
      { heading: 'FAILING SINCE', of: ({ failingSince }) => failingSince, as: 'ago', wide: true },
    ],
  },
  verbs: {},
})
