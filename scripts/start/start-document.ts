import type { ApiClient } from '../../src/admin/connection/api-client.ts'
import { closed, counter, reader, type Static, Type, text } from '../../src/base/schema.ts'
import { deviceIdSchema } from '../../src/protocol/ids.ts'
import { verdictReasonSchema, verdictSchema } from '../../src/protocol/messages/attestation-result.ts'
import { apiAnswer } from '../../src/protocol/noun/answers.ts'
import {
  deviceFindingSchema,
  deviceReader,
  sightingPageReader,
  sourceListSchema,
} from '../../src/protocol/nouns/devices/devices.ts'
import {
  SIGHTING_KINDS,
  SIGHTING_SCHEMAS,
  type Sighting,
  type SightingKind,
  type SightingOf,
  sourceReportSchema,
} from '../../src/protocol/sighting.ts'
import { tierSchema } from '../../src/protocol/tier.ts'

const members = {
  schema: Type.Literal('surety/start@1'),
  device: closed({ id: deviceIdSchema, tier: tierSchema, epoch: counter(), hostname: text(256) }),
  verdict: verdictSchema,
  reasons: Type.Array(verdictReasonSchema),
  findings: Type.Array(deviceFindingSchema),
  sources: Type.Array(sourceReportSchema),
  directory: closed({ api: text(300), devices: text(300), profile: text(4096) }),
  /** Milliseconds from the start of this run to the end of each phase. */
  timings: Type.Record(Type.String({ pattern: '^[a-zA-Z]+$' }), Type.Number({ minimum: 0 })),
}
const membersSchema = closed(members)

/** `mcp-server` becomes `mcpServers`. */
type MemberOf<K extends SightingKind> = K extends `${infer First}-${infer Second}`
  ? `${First}${Capitalize<Second>}s`
  : `${K}s`
type Sightings = { [K in SightingKind as MemberOf<K>]: SightingOf<K>[] }

/** What `npm start -- --json` prints: the device as its directory knows it, with a list for each kind of sighting. */
export type StartDocument = Static<typeof membersSchema> & Sightings

const lists = SIGHTING_KINDS.map((kind) => [memberOf(kind), Type.Array(SIGHTING_SCHEMAS[kind])] as const)
export const startDocumentSchema = Type.Unsafe<StartDocument>(closed({ ...members, ...Object.fromEntries(lists) }))

function memberOf(kind: SightingKind): keyof Sightings {
  // The same rule as `MemberOf`.
  return `${kind.replace(/-([a-z])/, (_, letter: string) => letter.toUpperCase())}s` as keyof Sightings
}

export function sightingsOf(document: Sightings, kind: SightingKind): readonly Sighting[] {
  return document[memberOf(kind)]
}

const sourceListReader = apiAnswer(sourceListSchema, 'list of sources')
const documentReader = reader(startDocumentSchema, { name: 'start document' })

/** Reads the device from the API. The document holds only what was acknowledged. */
export async function fetchDocument(
  api: Pick<ApiClient, 'ask'>,
  init: { readonly device: string } & Pick<StartDocument, 'directory' | 'timings'>,
): Promise<StartDocument> {
  const path = `/devices/${init.device}`
  const device = await api.ask('GET', path, deviceReader)
  const sightings = await fetchSightings(api, path)
  const sources = (await api.ask('GET', `${path}/sources`, sourceListReader)).items
  return documentReader.read({
    schema: 'surety/start@1',
    device: {
      id: device.id,
      tier: device.tier,
      epoch: device.epoch,
      hostname: device.inventory?.hostname ?? device.label?.hostname ?? '',
    },
    verdict: device.result?.verdict ?? 'unknown',
    reasons: device.result?.reasons ?? [],
    findings: device.findings,
    ...Object.fromEntries(
      SIGHTING_KINDS.map((kind) => [memberOf(kind), sightings.filter((sighting) => sighting.kind === kind)]),
    ),
    sources,
    directory: init.directory,
    timings: init.timings,
  })
}

/** What is present. @param path of a device. */
export async function fetchSightings(api: Pick<ApiClient, 'ask'>, path: string): Promise<readonly Sighting[]> {
  const all: Sighting[] = []
  let cursor = ''
  do {
    const query = cursor === '' ? '' : `?cursor=${cursor}`
    const answer = await api.ask('GET', `${path}/sightings${query}`, sightingPageReader)
    all.push(...answer.items.filter(({ goneAt }) => goneAt === undefined).map(({ sighting }) => sighting))
    cursor = answer.next ?? ''
  } while (cursor !== '')
  return all
}
