import { DOCUMENT_NAMES, documentSchema } from '../../src/cli/offline/document-schemas.ts'
import { documentOutput, TIME_MEMBERS, withRfc3339Times } from '../../src/command-line/rfc3339.ts'
import { timeSchema } from '../../src/protocol/ids.ts'
import { run as runSurety } from '../cli/surety-runs.ts'
import { sampleStatus } from '../support/daemon/sample-status.ts'

interface Schema {
  readonly type?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
}

/** The names of members that are times, and of those that may be other numbers. */
function numbersIn(schema: Schema, found = { times: new Set<string>(), others: new Set<string>() }) {
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    const isTime = member.type === 'integer' && member.maximum === Object(timeSchema).maximum
    if (isTime) found.times.add(name)
    else if (member.type === 'integer' || member.type === 'number') found.others.add(name)
    numbersIn(member, found)
  }
  const below = [schema.items, ...(schema.anyOf ?? []), ...Object.values(schema.patternProperties ?? {})]
  for (const one of below) if (one !== undefined) numbersIn(one, found)
  return found
}

test('the members that are times are those of the schemas, and no other number is one', () => {
  const all = { times: new Set<string>(), others: new Set<string>() }
  for (const name of DOCUMENT_NAMES) numbersIn(Object(documentSchema(name)), all)
  expect([...TIME_MEMBERS].toSorted()).toEqual([...all.times].toSorted())
  expect([...TIME_MEMBERS].filter((name) => all.others.has(name))).toEqual([])
})

test.each([
  ['{"time":0}\n', '{"time":"1970-01-01T00:00:00.000Z"}\n'],
  ['{\n  "since": 1764338400000\n}\n', '{\n  "since": "2025-11-28T14:00:00.000Z"\n}\n'],
  ['{"a":[{"at":1}],"pid":1764338400000}\n', '{"a":[{"at":"1970-01-01T00:00:00.001Z"}],"pid":1764338400000}\n'],
  ['{"time":1}\n{"time":2}\n', '{"time":"1970-01-01T00:00:00.001Z"}\n{"time":"1970-01-01T00:00:00.002Z"}\n'],
  ['{"time":"now","since":1.5,"at":-0,"x":{"time":null}}\n', undefined],
  ['{"since":9007199254740991}\n', '{"since":9007199254740991}\n'],
  ['not JSON: {"time":1}\n', 'not JSON: {"time":1}\n'],
  ['{"time":1\n', '{"time":1\n'],
  ['', ''],
  ['\n', '\n'],
  ['<14>1 2026 syslog {"time":1}\n', '<14>1 2026 syslog {"time":1}\n'],
])('%j', (text, expected) => {
  const found = withRfc3339Times(text)
  if (expected !== undefined) expect(found).toBe(expected)
  else expect(JSON.parse(found)).toMatchObject({ time: 'now', since: 1.5, x: { time: null } })
})

test('only with the option', () => {
  const printed: string[] = []
  const out = (text: string) => void printed.push(text)
  documentOutput(out, ['status', '--json'])('{"time":1}\n')
  documentOutput(out, ['status', '--json', '--rfc3339'])('{"time":1}\n')
  expect(printed).toEqual(['{"time":1}\n', '{"time":"1970-01-01T00:00:00.001Z"}\n'])
})

test('a status of a device', async () => {
  const { time } = sampleStatus()
  const { out, exitCode } = await runSurety('--rfc3339 status --json')
  expect(JSON.parse(out).time).toBe(new Date(time).toISOString())
  expect(exitCode).toBe((await runSurety('status --json')).exitCode)
})
