import { Agent } from 'node:https'
import { faultOf } from '../../../src/base/schema.ts'
import type { Route } from '../../../src/directory/http/route.ts'
import { type AskOptions, newTestId, type TestDirectory } from '../../support/directory/directory-api.ts'
import { directoryForAll } from '../../support/directory/directory-for-all.ts'
import { seedDevice } from '../../support/directory/seeded-directory.ts'
import { spoiltValues } from '../../support/protocol/spoilt-values.ts'
import { valueOfSchema } from '../../support/protocol/value-of-schema.ts'

/** What every route refuses, from its schemas: ids, queries, cursors and bodies. A new route is here without being named. */

let directory: TestDirectory
const agent = new Agent({ keepAlive: true, maxSockets: 4 })
let device: string
directoryForAll(async (started) => {
  directory = started
  device = (await seedDevice(directory)).device
})
afterAll(() => agent.destroy())

interface Question {
  readonly route: Route
  readonly what: string
  readonly params?: Readonly<Record<string, string>>
  readonly query?: string
  readonly options?: AskOptions
}

/** @returns those that are not refused so, with what they are answered. Nothing that is refused may be in the record. */
async function notRefused(questions: readonly Question[], { statuses, codes, detail }: Expected) {
  const recorded = () => directory.database.prepare('SELECT count(*) AS rows FROM audit').all()
  const before = recorded()
  const answers = await Promise.all(questions.map(answerTo))
  expect(recorded()).toEqual(before)
  return answers.flatMap(({ route, what, status, json, text }) => {
    const { code, detail: said } = Object(json)
    const right = statuses.includes(status) && codes.includes(code) && detail.test(`${said}`)
    return right ? [] : [`${route.operationId}: ${what}: ${status} ${text.slice(0, 200)}`]
  })
}

interface Expected {
  readonly statuses: readonly number[]
  readonly codes: readonly string[]
  readonly detail: RegExp
}

const BODY_MAX_BYTES = 64 * 1024
const MALFORMED: Expected = { statuses: [400], codes: ['INPUT_MALFORMED'], detail: /^/ }

async function answerTo(question: Question) {
  const { route, params, query = '', options } = question
  const filled = Object.entries({ ...soundParams(route), ...params }).reduce(
    (path, [name, value]) => path.replace(`{${name}}`, value),
    route.path,
  )
  const body = route.body === undefined ? {} : { body: Object(valueOfSchema(route.body)) }
  const asked = { agent, ...body, ...options }
  const answer = await directory.ask(route.method, `/api/v1${filled}${query === '' ? '' : `?${query}`}`, asked)
  return { ...question, ...answer }
}

function soundParams({ params }: Route): Readonly<Record<string, string>> {
  return params === undefined ? {} : Object(valueOfSchema(params))
}

const withBody = () => directory.routes.filter(({ body }) => body !== undefined)

test('no body with a member that is missing, unknown, of another type or too long', async () => {
  const questions = withBody().flatMap((route) =>
    spoiltValues(route.body ?? {}).map(({ what, value }) => ({
      route,
      what,
      options: { body: JSON.stringify(value) },
    })),
  )
  expect(questions.length).toBeGreaterThan(1_500)
  const small = questions.filter(({ route, options }) => options.body.length < (route.bodyMaxBytes ?? BODY_MAX_BYTES))
  expect(await notRefused(small, { ...MALFORMED, detail: /^body/ })).toEqual([])
})

test('no body that is not one object of JSON in UTF-8, whose members come once', async () => {
  const questions = withBody().flatMap((route) => {
    const sound = JSON.stringify(valueOfSchema(route.body ?? {}))
    const [member = 'x'] = Object.keys(JSON.parse(sound))
    const after = (start: string) => sound.replace('{', `{${start}${sound === '{}' ? '' : ','}`)
    const bodies: Readonly<Record<string, string | Buffer>> = {
      'is empty': '',
      'is cut': sound.slice(0, -1),
      'is a list': `[${sound}]`,
      'is a text': '"text"',
      'has a prototype': after('"__proto__":{}'),
      'has a member twice': after(`"${member}":1,"${member}":2`),
      'has a member twice, once escaped': after(`"${member}":1,"\\u${hex(member)}${member.slice(1)}":2`),
      'has half of a surrogate pair': after('"nonsense":"\\ud800"'),
      'has a byte order mark': `\ufeff${sound}`,
    }
    return Object.entries(bodies).map(([what, body]) => ({ route, what, options: { body } }))
  })
  expect(await notRefused(questions, MALFORMED)).toEqual([])
  const bytes = withBody().flatMap((route) =>
    ['\xed\xa0\x80', '\xe9'].map((text) => ({
      route,
      what: 'is not UTF-8',
      options: { body: Buffer.from(JSON.stringify({ nonsense: text }), 'latin1') },
    })),
  )
  expect(await notRefused(bytes, { ...MALFORMED, detail: /UTF-8/ })).toEqual([])
})

test('no body that is deeper or larger than it may be, or of another media type', async () => {
  const routes = withBody()
  const deep = routes.map((route) => ({ route, what: 'is deep', options: { body: '['.repeat(1_000) } }))
  expect(await notRefused(deep, { ...MALFORMED, codes: ['INPUT_TOO_DEEP'] })).toEqual([])
  const large = routes.map((route) => ({
    route,
    what: 'is large',
    options: { body: `"${'x'.repeat(route.bodyMaxBytes ?? BODY_MAX_BYTES)}"` },
  }))
  expect(await notRefused(large, { ...MALFORMED, statuses: [413], codes: ['INPUT_TOO_LARGE'] })).toEqual([])
  const form = routes.map((route) => ({
    route,
    what: 'is a form',
    options: { body: 'owner=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
  }))
  expect(await notRefused(form, { ...MALFORMED, statuses: [415] })).toEqual([])
})

test('no query with a member that is unknown, twice, another word or too long', async () => {
  const questions = directory.routes.flatMap((route) => {
    if (route.query === undefined) return []
    const spoilt = spoiltValues(route.query).flatMap(({ what, value }) => {
      const members = Object.entries(Object(value)).filter(([, member]) => member !== undefined)
      // A query has texts only: a large number is a text like another.
      const isText = ([, member]: readonly [string, unknown]) =>
        typeof member === 'string' || (typeof member === 'number' && member !== 1e300)
      const query = `${new URLSearchParams(members.map(([name, member]) => [name, `${member}`]))}`
      return members.length > 0 && members.every(isText) ? [{ route, what, query }] : []
    })
    const twice = Object.keys(Object(route.query).properties).map((name) => `${name}=1&${name}=1`)
    return [...spoilt, ...['__proto__=x', ...twice].map((query) => ({ route, what: query, query }))]
  })
  expect(questions.length).toBeGreaterThan(700)
  expect(await notRefused(questions, { ...MALFORMED, detail: /^query/ })).toEqual([])
})

test('no cursor that is not of this list', async () => {
  const cursors = ['x', 'nonsense', '1.2.3', 'x.y.z', 'AAAA', '.', '-', '_w', `${newTestId('tok')}.${'0'.repeat(33)}`]
  const questions = directory.routes
    .filter(({ query }) => Object(query).properties?.cursor !== undefined)
    .flatMap((route) =>
      ["' OR 1=1 --", ...cursors].map((cursor) => ({
        route,
        what: cursor,
        ...(route.path.startsWith('/devices/') ? { params: { id: device } } : {}),
        query: `${new URLSearchParams({ ...Object(requiredOf(route.query)), cursor })}`,
      })),
    )
    // It continues after any name.
    .filter(({ route }) => route.operationId !== 'listMcpConflicts')
  expect(await notRefused(questions, MALFORMED)).toEqual([])
})

test('no id of another form', async () => {
  const questions = directory.routes.flatMap((route) =>
    Object.entries(soundParams(route)).flatMap(([name, sound]) =>
      ['x', `${sound}x`, 'constructor', '..%2F..', '%00', '%e2%80%ae', '-1', '0x1', 'x'.repeat(1_000)]
        // A name is an id too, of none.
        .filter((other) => faultOf(Object(route.params).properties[name], decodeURIComponent(other)) !== undefined)
        .map((other) => ({ route, what: `${name} ${other}`, params: { [name]: other } })),
    ),
  )
  expect(questions.length).toBeGreaterThan(300)
  expect(await notRefused(questions, { ...MALFORMED, detail: /^path/ })).toEqual([])
})

test('nothing is done with what is not there, and the answer names it', async () => {
  const questions = directory.routes
    .filter(({ params }) => params !== undefined)
    .map((route) => ({
      route,
      what: 'unknown',
      query: `${new URLSearchParams(Object(requiredOf(route.query)))}`,
      ...(route.body === undefined ? {} : { options: { body: Object(requiredOf(route.body)) } }),
    }))
  const unknown = { statuses: [404], codes: ['NOT_FOUND', 'TOKEN_UNKNOWN', 'DEVICE_UNKNOWN'], detail: /./ }
  expect(await notRefused(questions, unknown)).toEqual([])
})

/** The members that there must be. */
function requiredOf(schema: object | undefined): unknown {
  const { required = [], properties = {} } = Object(schema)
  return Object.fromEntries(required.map((name: string) => [name, valueOfSchema(properties[name])]))
}

function hex(text: string): string {
  return text.charCodeAt(0).toString(16).padStart(4, '0')
}
