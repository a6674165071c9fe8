import { reader } from '../base/schema.ts'
import { API_BASE, apiAnswer } from '../protocol/api-common.ts'
import { devicePageReader, deviceReader, sightingPageSchema, sourceListSchema } from '../protocol/api-devices.ts'
import type { AgentSighting, ExtensionSighting } from '../protocol/sighting.ts'
import { type StartDocument, startDocumentSchema } from './document.ts'

/** The directory's administrators' API, as this room needs it. */
export interface DirectoryApi {
  get(path: string): Promise<unknown>
}

const sightingPageReader = apiAnswer(sightingPageSchema, 'list of sightings')
const sourceListReader = apiAnswer(sourceListSchema, 'list of sources')
const documentReader = reader(startDocumentSchema, { name: 'start document' })

export interface GatherInit {
  readonly device: string
  readonly directory: StartDocument['directory']
  readonly timings: StartDocument['timings']
}

/** What the directory knows of the device, as one document. Only what was acknowledged is in it. */
export async function gatherDocument(api: DirectoryApi, init: GatherInit): Promise<StartDocument> {
  const path = `${API_BASE}/devices/${init.device}`
  const device = deviceReader.read(await api.get(path))
  const sightings = await allSightings(api, path)
  const sources = sourceListReader.read(await api.get(`${path}/sources`)).items
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
    agents: sightings.filter((sighting): sighting is AgentSighting => sighting.kind === 'agent'),
    extensions: sightings.filter((sighting): sighting is ExtensionSighting => sighting.kind === 'extension'),
    sources,
    directory: init.directory,
    timings: init.timings,
  })
}

async function allSightings(api: DirectoryApi, path: string) {
  const all = []
  let cursor = ''
  do {
    const answer = sightingPageReader.read(
      await api.get(`${path}/sightings${cursor === '' ? '' : `?cursor=${cursor}`}`),
    )
    all.push(...answer.items.filter(({ goneAt }) => goneAt === undefined).map(({ sighting }) => sighting))
    cursor = answer.next ?? ''
  } while (cursor !== '')
  return all
}

/** The device that is enrolled here, if it is: this directory has one. */
export async function onlyDevice(api: DirectoryApi): Promise<string | undefined> {
  return devicePageReader.read(await api.get(`${API_BASE}/devices`)).items[0]?.id
}
