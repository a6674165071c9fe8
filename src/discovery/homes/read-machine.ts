import type { Clock } from '../../base/clock.ts'
import type { TrustedFileReader } from '../../system/files/files.ts'
import { findAgentFiles } from '../agent-files/agent-files.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { catalogueFor } from '../catalogue/for-system.ts'
import { configFiles } from '../files/config-files.ts'
import { openFolders } from '../files/folders.ts'
import type { HomeLayout } from '../files/home-layout.ts'
import { rootsAlone } from '../files/root-owned-path.ts'
import { TASK_SOURCES } from '../files/scan-tasks.ts'
import { type SourceLog, sourceLog } from '../files/source-log.ts'
import { findAgentStates } from '../installed/agent-states.ts'
import { findInstalledAgents } from '../installed/installed.ts'
import { readLaunchKey } from '../launch/launch-hash.ts'
import type { ServerLaunch } from '../mcp/configured-servers.ts'
import { findMcpServers } from '../mcp/mcp-servers.ts'
import { findInstalledRuntimes } from '../runtimes/installed-runtimes.ts'
import type { HomeFindings } from './home-reader.ts'

export interface ReadMachineComponents {
  readonly files: TrustedFileReader
  readonly clock: Pick<Clock, 'monotonic'>
}

/**
 * What is installed for everybody and what an administrator set for everybody: agents, MCP servers, policies,
 * what serves models. It lies where
 * only root may write. Never rejects: what could not be read is among the sources.
 */
export async function readMachine(
  { files, clock }: ReadMachineComponents,
  init: { readonly catalogue: Catalogue; readonly layout?: HomeLayout },
): Promise<HomeFindings> {
  const { layout = 'linux' } = init
  const catalogue = catalogueFor(init.catalogue, layout)
  const sources = sourceLog({ clock }, {})
  const onFault = (path: string, error: unknown) => sources.fault(TASK_SOURCES.installed, path, error)
  const folders = openFolders({ files, onFault }, { layout })
  const configs = configFiles({ folders, onFault })
  const stat = (path: string) => files.stat(path)
  const agents = await sources.read(TASK_SOURCES.installed, undefined, () =>
    findInstalledAgents({ folders, onFault }, { catalogue }),
  )
  let launches: readonly ServerLaunch[] = []
  const servers = await sources.read(TASK_SOURCES.mcp, undefined, async () => {
    const launchKey = await readLaunchKey(files)
    const found = await findMcpServers({ folders, configs, stat, sources }, { catalogue, launchKey })
    launches = found.launches
    return found.sightings
  })
  const policies = await sources.read(TASK_SOURCES['agent-files'], undefined, () =>
    findAgentFiles(
      { folders, configs, readBytes: files.read, stat, sources, placeToRead: (path) => rootsAlone(files, path) },
      { catalogue },
    ),
  )
  const states = await findAgentStates({ folders, configs, stat, onFault }, { catalogue, workspaces: [] })
  const runtimes = await findRuntimes(files, sources, catalogue, layout)
  return { sightings: [...agents, ...servers, ...policies, ...runtimes], sources: sources.reports, states, launches }
}

/** A source of its own: what cannot be seen there says nothing of agents. */
function findRuntimes(files: TrustedFileReader, sources: SourceLog, catalogue: Catalogue, layout: HomeLayout) {
  const onFault = (path: string, error: unknown) => sources.fault(TASK_SOURCES.runtimes, path, error)
  const folders = openFolders({ files, onFault }, { layout })
  return sources.read(TASK_SOURCES.runtimes, undefined, () =>
    findInstalledRuntimes({ folders, onFault }, { catalogue }),
  )
}
