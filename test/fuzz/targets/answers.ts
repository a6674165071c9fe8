import { systemClock } from '../../../src/base/clock.ts'
import type { ErrorCode } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/log.ts'
import { hashOfText } from '../../../src/crypto/hash.ts'
import { splitJws } from '../../../src/crypto/jws.ts'
import type { StoredCatalogue } from '../../../src/directory/catalogues/catalogue-store.ts'
import { catalogues } from '../../../src/directory/catalogues/catalogues.ts'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { lintCatalogue } from '../../../src/discovery/catalogue/lint.ts'
import { readCatalogue } from '../../../src/discovery/catalogue/load-catalogue.ts'
import { controlRequestReader, controlResponseReader } from '../../../src/protocol/messages/control.ts'
import { JWS_HEADERS, jwsKindOf } from '../../../src/protocol/messages/jws-types.ts'
import { administratorProfileReader, apiAnswer, problemReader } from '../../../src/protocol/noun/answers.ts'
import { createdStopReader, stopDevicePageReader } from '../../../src/protocol/nouns/agents/stops.ts'
import { deviceReader } from '../../../src/protocol/nouns/devices/devices.ts'
import { devices } from '../../../src/protocol/nouns/devices/devices-noun.ts'
import { deviceOrderReader } from '../../../src/protocol/nouns/devices/orders.ts'
import { summaryReader } from '../../../src/protocol/nouns/directory/directory.ts'
import { createdTokenReader, tokens } from '../../../src/protocol/nouns/enrolment/tokens.ts'
import { readLines } from '../../../src/system/socket/lines.ts'
import { sampleStatus } from '../../support/daemon/sample-status.ts'
import { promise, refusing, refusingLater, type Target, textOf } from '../target.ts'

/** What programs of ours ask and answer each other, and what an administrator hands to a directory. */

const INPUT: readonly ErrorCode[] = ['INPUT_TOO_LARGE', 'INPUT_MALFORMED', 'INPUT_TOO_DEEP']
const CANONICAL: readonly ErrorCode[] = [...INPUT, 'INPUT_NOT_CANONICAL']
const FRAME: readonly ErrorCode[] = [...CANONICAL, 'FRAME_MALFORMED']

const controlTarget: Target = {
  name: 'control',
  kind: 'json',
  seeds: () => [
    ...['status', 'config', 'refresh'].map((request) => JSON.stringify({ request })),
    JSON.stringify({ status: sampleStatus() }),
    JSON.stringify({ config: [{ key: 'a', value: 'b', origin: 'file', place: '/etc' }] }),
    JSON.stringify({
      config: [{ key: 'a', value: 'b', origin: 'managed', overrides: [{ origin: 'file', place: '/' }] }],
    }),
    JSON.stringify({ error: { code: 'NOT_PERMITTED', message: 'no' } }),
  ],
  async run(input) {
    const text = textOf(input)
    await refusing(INPUT, async () => controlRequestReader.readJson(text))
    await refusing(INPUT, async () => controlResponseReader.readJson(text))
  },
}

const API_READERS = [
  ...[createdTokenReader, summaryReader, apiAnswer(tokens.page, 'list of tokens'), problemReader],
  ...[deviceOrderReader, apiAnswer(devices.page, 'list of devices'), deviceReader, administratorProfileReader],
  ...[createdStopReader, stopDevicePageReader],
]
const apiTarget: Target = {
  name: 'api-answers',
  kind: 'json',
  seeds: () => [
    JSON.stringify({ url: 'https://localhost:7444', ca: 'PEM', token: `surety_adm_${'A'.repeat(43)}` }),
    JSON.stringify({ items: [], next: 'a' }),
    JSON.stringify({ type: 'about:blank', title: 'Not Found', status: 404, detail: 'none', code: 'NOT_FOUND' }),
  ],
  async run(input) {
    const text = textOf(input)
    for (const reader of API_READERS)
      await refusing([...FRAME, 'CONFIG_INVALID', 'DIRECTORY_UNREACHABLE'], async () => reader.readJson(text))
  },
}

const linesTarget: Target = {
  name: 'lines',
  kind: 'text',
  seeds: () => ['{"request":"status"}\n{"request":"config"}\n', 'half', '\n\n'],
  async run(input) {
    const step = 1 + ((input[0] ?? 0) % 7)
    const chunks = Array.from({ length: Math.ceil(Math.min(input.length, 8_192) / step) }, (_, at) =>
      input.subarray(at * step, (at + 1) * step),
    )
    const lines: string[] = []
    await refusingLater(INPUT, async () => {
      for await (const line of readLines(streamOf(chunks), { maxBytes: 256 })) lines.push(line)
    })
    const expected = textOf(Buffer.concat(chunks)).split('\n').slice(0, -1)
    promise(
      lines.every((line, at) => line.replace(/^\ufeff/, '') === expected[at]?.replace(/^\ufeff/, '')),
      'lines are those of the whole',
    )
  },
}

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, undefined> {
  yield* chunks
  return undefined
}

const smallCatalogue = (() => {
  const whole = builtInCatalogue()
  const { browsers: _, ...rest } = whole
  return JSON.stringify({ ...rest, entries: whole.entries.slice(0, 2) })
})()

/** What an administrator hands to a directory, which hands it on: signed by a publisher, or to be signed by itself. */
const handedOutTarget: Target = {
  name: 'handed-out-catalogue',
  kind: 'segments',
  seeds: () => [
    smallCatalogue,
    `${JWS_HEADERS.catalogue}.${Buffer.from(smallCatalogue).toString('base64url')}.${'A'.repeat(86)}`,
  ],
  words: [JWS_HEADERS.catalogue],
  async run(input) {
    const stored: { catalogue?: StoredCatalogue } = {}
    await refusing(CANONICAL, async () => (await emptyDirectory(stored)).set(textOf(input), 'adm'))
    if (stored.catalogue === undefined) return
    const { text, hash } = stored.catalogue
    const payload = jwsKindOf(text) === 'catalogue' ? splitJws('catalogue', text).payload : text
    promise(lintCatalogue(readCatalogue(payload)).length === 0, 'a distributed catalogue has no fault')
    promise(hashOfText(payload) === hash, 'the hash is that of the payload')
  },
}

async function emptyDirectory(stored: { catalogue?: StoredCatalogue }) {
  const store = {
    afterCommit: (work: () => void) => work(),
    transaction: <T>(work: () => Promise<T>) => work(),
    catalogues: {
      get: async () => undefined,
      async put(catalogue: StoredCatalogue) {
        stored.catalogue = catalogue
      },
    },
    audit: { async add() {} },
  }
  return catalogues({ store, clock: systemClock, log: silentLog, sign: (_, payload) => JSON.stringify(payload) })
}

export const answerTargets: readonly Target[] = [controlTarget, apiTarget, linesTarget, handedOutTarget]
