import type { Sighting, SourceReport } from '../../protocol/sighting.ts'
import type { LocalUser } from '../../system/users/users.ts'
import type { NamedProfile } from '../browsers/profile-access-policy.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { DiscoveryTask } from '../files/scan-tasks.ts'
import type { AgentState } from '../matching/agent-state.ts'
import type { ServerLaunch } from '../mcp/configured-servers.ts'
import type { ModelBlob } from '../runtimes/model-blobs.ts'

export interface HomeFindings {
  readonly sightings: readonly Sighting[]
  readonly sources: readonly SourceReport[]
  /** What the agents of this home have left in it; for the sightings of those that run. */
  readonly states?: readonly AgentState[]
  /** How the MCP servers among the sightings are started; for telling those that run. */
  readonly launches?: readonly ServerLaunch[]
  /** Which models the weights in this home are; for telling which one runs. */
  readonly blobs?: readonly ModelBlob[]
}

export interface HomeReadRequest {
  readonly user: LocalUser
  readonly catalogue: Catalogue
  readonly tasks: readonly DiscoveryTask[]
  /** False: a look besides the usual ones, which leaves their memory of that home alone. */
  readonly remember?: boolean
  /** Folders of browser profiles that processes of this person named. */
  readonly profiles?: readonly NamedProfile[]
  /** Folders that agents of this person were seen working in. */
  readonly workedIn?: readonly string[]
}

/** Looks through one home with its owner's rights and no more. */
export interface HomeReader {
  /**
   * Never rejects but for `signal`: what could not be read is among the sources, and every finding bears `user`.
   */
  readHome(request: HomeReadRequest, options: { readonly signal: AbortSignal }): Promise<HomeFindings>
}
