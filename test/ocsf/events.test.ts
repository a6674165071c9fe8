import { readFileSync } from 'node:fs'
import { ocsfPage } from '../../scripts/ocsf-page.ts'
import { OCSF_ACTS } from '../../src/ocsf/acts.ts'
import { exportEnd, type OcsfEntry, ocsfEvent } from '../../src/ocsf/event.ts'
import { AUDIT_ACTS } from '../../src/protocol/nouns/directory/events.ts'

/** The oracle is the schema that OCSF publishes: test/fixtures/ocsf. */

interface Described {
  readonly required: readonly string[]
  readonly attributes: readonly string[]
  readonly constraints: { readonly at_least_one?: readonly string[] }
}
interface DescribedClass extends Described {
  readonly name: string
  readonly category: string
  readonly activities: Readonly<Record<string, string>>
}
const schema = JSON.parse(readFileSync('test/fixtures/ocsf/ocsf-schema.json', 'utf8')) as {
  readonly version: string
  readonly classes: Readonly<Record<string, DescribedClass>>
  readonly objects: Readonly<Record<string, Described>>
}

/** Which object an attribute is. */
const OBJECTS: Readonly<Record<string, string>> = {
  metadata: 'metadata',
  product: 'product',
  actor: 'actor',
  user: 'user',
  session: 'session',
  src_endpoint: 'network_endpoint',
  device: 'device',
  entity: 'managed_entity',
  group: 'group',
  finding_info: 'finding_info',
  compliance: 'compliance',
  service: 'service',
}
const PROFILES: Readonly<Record<string, readonly string[]>> = { host: ['device', 'actor'] }

function faultsIn(
  value: Readonly<Record<string, unknown>>,
  described: Described,
  extra: readonly string[],
  where: string,
): string[] {
  const names = Object.keys(value)
  const anyOf = described.constraints.at_least_one
  return [
    ...described.required.filter((name) => value[name] === undefined).map((name) => `${where} has no ${name}`),
    ...names.filter((name) => ![...described.attributes, ...extra].includes(name)).map((name) => `${where}: ${name}?`),
    ...(anyOf === undefined || anyOf.some((name) => names.includes(name)) ? [] : [`${where} needs one of ${anyOf}`]),
    ...names.flatMap((name) => {
      const object = schema.objects[OBJECTS[name] ?? '']
      return object === undefined
        ? []
        : faultsIn(value[name] as Record<string, unknown>, object, [], `${where}.${name}`)
    }),
  ]
}

function faultsOf(event: Readonly<Record<string, unknown>>): string[] {
  const found = schema.classes[String(event.class_uid)]
  if (found === undefined) return [`class ${event.class_uid}?`]
  const metadata = event.metadata as { version: string; profiles: readonly string[] }
  const activity = String(event.activity_id)
  return [
    ...faultsIn(
      event,
      found,
      metadata.profiles.flatMap((name) => PROFILES[name] ?? []),
      found.name,
    ),
    ...(found.activities[activity] === event.activity_name || activity === '99'
      ? []
      : [`activity ${event.activity_name}?`]),
    ...(found.name === event.class_name ? [] : [`class ${event.class_name} is ${found.name}`]),
    ...(found.category === event.category_name ? [] : [`category ${event.category_name} is ${found.category}`]),
    ...(event.type_uid === Number(event.class_uid) * 100 + Number(event.activity_id) ? [] : ['type_uid']),
    ...(Math.floor(Number(event.class_uid) / 1000) === event.category_uid ? [] : ['category_uid']),
    ...(metadata.version === schema.version ? [] : ['version']),
  ]
}

const source = { version: '0.0.0-test', origin: 'directory.example.org/record' }
const full: OcsfEntry = {
  id: 'ent_1',
  index: 7,
  time: 1_764_739_200_000,
  entered: 1_764_739_260_000,
  act: 'stop-created',
  actor: 'hum_1',
  actorKind: 'person',
  actorName: 'ada',
  address: '192.0.2.7',
  session: 'ses_1',
  token: 'adm_1',
  onBehalfOf: 'adm_1',
  subject: 'stp_1',
  device: 'dev_1',
  agent: 'reg_1',
  attempt: 'ord_1',
  outcome: 'done',
  policy: 3,
  before: { state: 'active' },
  after: { state: 'stopped' },
  details: { reason: 'leak', role: 'viewer' },
}

test.each([...Object.keys(OCSF_ACTS), 'of-a-later-release', 'constructor'])(
  'an event of %s fits the schema of OCSF',
  (act) => {
    expect(faultsOf(ocsfEvent({ ...full, act }, source))).toEqual([])
    const bare = { id: 'ent_1', time: 1, act, actor: 'directory' }
    expect(faultsOf(ocsfEvent(bare, source))).toEqual([])
  },
)

test('the check of events finds what is missing, unknown and wrong', () => {
  const event = { ...ocsfEvent(full, source) }
  expect(faultsOf({ ...event, time: undefined })).toEqual(['Remediation Activity has no time'])
  expect(faultsOf({ ...event, colour: 'red' })).toEqual(['Remediation Activity: colour?'])
  expect(faultsOf({ ...event, activity_id: 2 })).toContain('activity Isolate?')
  expect(faultsOf({ ...event, actor: {} })[0]).toMatch(/^Remediation Activity.actor needs one of/)
})

test('every act has a class of its own choice', () => {
  for (const act of AUDIT_ACTS) expect(ocsfEvent({ ...full, act }, source).class_uid).not.toBe(0)
  expect(ocsfEvent({ ...full, act: 'of-a-later-release' }, source).class_uid).toBe(0)
})

test('nothing of an entry is lost in its event', () => {
  const text = JSON.stringify(ocsfEvent(full, source))
  for (const value of Object.values(full)) expect(text).toContain(JSON.stringify(value))
})

test('a text whose key was destroyed is absent, and removed content is named', () => {
  const event = ocsfEvent({ ...full, actorName: null, address: null, details: undefined, removed: true }, source)
  expect(event).not.toHaveProperty('src_endpoint')
  expect(event).toMatchObject({ actor: { user: { uid: 'hum_1' } }, unmapped: { content_removed: true } })
  expect(JSON.stringify(event)).not.toContain('null')
})

test('what was refused is a failure, and what a person should look at is severe', () => {
  expect(ocsfEvent({ ...full, act: 'sign-in-refused' }, source)).toMatchObject({ class_uid: 3002, status_id: 2 })
  expect(ocsfEvent({ ...full, act: 'directory-restored' }, source)).toMatchObject({ severity_id: 4 })
  expect(ocsfEvent({ ...full, act: 'labelled' }, source)).toMatchObject({ severity_id: 1, status_id: 1 })
})

test('an export ends with an event that has its checkpoint', () => {
  const end = exportEnd({ time: 1, entries: 12, checkpoint: 'origin\n12\n' }, source)
  expect(faultsOf(end)).toEqual([])
  expect(end).toMatchObject({ unmapped: { entries: 12, checkpoint: 'origin\n12\n' } })
})

test('the page has the table', () => {
  expect(readFileSync('docs/reference/ocsf.md', 'utf8')).toBe(ocsfPage())
})
