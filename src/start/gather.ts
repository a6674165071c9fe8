import { reader } from '../base/schema.ts'
import type { ApiClient } from '../directory/commands/api-client.ts'
import { apiAnswer } from '../protocol/api-common.ts'
import { deviceReader, sightingPageReader, sourceListSchema } from '../protocol/api-devices.ts'
import type { Sighting } from '../protocol/sighting.ts'
import { type StartDocument, startDocumentSchema } from './document.ts'

/** The directory's administrators' API, as this room needs it. */
export type DirectoryApi = Pick<ApiClient, 'ask'>

const sourceListReader = apiAnswer(sourceListSchema, 'list of sources')
const documentReader = reader(startDocumentSchema, { name: 'start document' })

export interface GatherInit {
  readonly device: string
  readonly directory: StartDocument['directory']
  readonly timings: StartDocument['timings']
}

/** What the directory knows of the device, as one document. Only what was acknowledged is in it. */
export async function gatherDocument(api: DirectoryApi, init: GatherInit): Promise<StartDocument> {
  const path = `/devices/${init.device}`
  const device = await api.ask('GET', path, deviceReader)
  const sightings = await allSightings(api, path)
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
    agents: sightings.filter(({ kind }) => kind === 'agent'),
    extensions: sightings.filter(({ kind }) => kind === 'extension'),
    mcpServers: sightings.filter(({ kind }) => kind === 'mcp-server'),
    runtimes: sightings.filter(({ kind }) => kind === 'model-runtime'),
    agentFiles: sightings.filter(({ kind }) => kind === 'agent-file'),
    sources,
    directory: init.directory,
    timings: init.timings,
  })
}

async function allSightings(api: DirectoryApi, path: string) {
  const all: Sighting[] = []
  let cursor = ''
  do {
    const answer = await api.ask(
      'GET',
      `${path}/sightings${cursor === '' ? '' : `?cursor=${cursor}`}`,
      sightingPageReader,
    )
    all.push(...answer.items.filter(({ goneAt }) => goneAt === undefined).map(({ sighting }) => sighting))
    cursor = answer.next ?? ''
  } while (cursor !== '')
  return all
}
