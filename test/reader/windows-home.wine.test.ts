import { join } from 'node:path'
import type { Sighting, SourceReport } from '../../src/protocol/sighting.ts'
import {
  AGENT_SERVERS,
  editorServers,
  makeDocumentedFiles,
  makeDocumentedInstallations,
  makeDocumentedServers,
  OWN_FILES,
  PROJECT_FILES,
  serversElsewhere,
} from '../fixtures/homes/documented-agents.ts'
import { makeDocumentedHome } from '../fixtures/homes/documented-homes.ts'
import { onWindows } from '../support/windows/windows.ts'

/**
 * The reader child on Wine reads a home in the layout of Windows. Not proven here: the rights of another user, reparse points, and names in
 * another case than they are asked for, which `windows-homes.test.ts` plays.
 */

const PROBE = join(import.meta.dirname, './windows-home-probe.ts')
const HOME = 'C:/users/ada'

onWindows('a home of Windows is read by the reader child, with the same finds as on Linux', async (windows) => {
  const folder = join(windows.driveC, 'users/ada')
  const servers = [...editorServers('windows'), ...AGENT_SERVERS, ...serversElsewhere('windows')]
  const agents = makeDocumentedInstallations(folder, 'windows')
  makeDocumentedFiles(folder, 'work/app', 'c:\\Users\\ADA')
  makeDocumentedServers(folder, servers)
  const extensions = makeDocumentedHome(folder, 'windows')
  const { status, stdout, stderr } = await windows.run(PROBE, [HOME])
  expect({ status, failed: status === 0 ? '' : stderr }).toEqual({ status: 0, failed: '' })
  const found: { sightings: Sighting[]; sources: SourceReport[] } = JSON.parse(stdout)
  const below = (path: string | undefined) => path?.slice(HOME.length + 1)
  const of = <K extends Sighting['kind']>(kind: K) =>
    found.sightings.filter((each): each is Extract<Sighting, { kind: K }> => each.kind === kind)

  expect(found.sources.filter(({ state }) => state !== 'parsed')).toEqual([])
  expect(
    of('agent')
      .map(({ catalogueId, version, path }) => [catalogueId, version, below(path)])
      .sort(),
  ).toEqual(agents.map((row) => [...row]).sort())
  expect(
    of('mcp-server')
      .map(({ client, name, configuration }) => `${client} ${name} ${below(configuration)}`)
      .sort(),
  ).toEqual(servers.map(([client, path], at) => `${client} server${at} ${path}`).sort())
  expect(
    of('extension')
      .map(({ product, extensionId, enabled }) => `${product} ${extensionId} ${enabled}`)
      .sort(),
  ).toEqual(extensions.map(({ product, extensionId, enabled }) => `${product} ${extensionId} ${enabled}`).sort())
  const files = of('agent-file').map(({ client, fileKind, path }) => `${client} ${fileKind} ${below(path)}`)
  expect(files).toEqual(
    expect.arrayContaining([
      ...OWN_FILES.map(([client, kind, path]) => `${client} ${kind} ${path}`),
      ...PROJECT_FILES.map(([client, kind, path]) => `${client} ${kind} work/app/${path}`),
    ]),
  )
})
