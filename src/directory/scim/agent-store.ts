/** The agents that came by SCIM: what a registration has no member for. */
export interface StoredAgent {
  /** Id of the registration. */
  readonly registration: string
  readonly userName: string
  readonly externalId?: string | undefined
  /** Rises with each change of these members. */
  readonly version: number
  /** The client deleted it: its names are free again. */
  readonly deletedAt?: number | undefined
}

export interface ScimAgentStore {
  get(registration: string): Promise<StoredAgent | undefined>
  /** All below leave deleted agents out. */
  byName(userName: string): Promise<StoredAgent | undefined>
  byExternalId(externalId: string): Promise<StoredAgent | undefined>
  /** In the order of the numbers of registrations. */
  after(number: number, limit: number): Promise<readonly StoredAgent[]>
  /** The number of the registration with so many before it. */
  before(offset: number): Promise<number>
  count(): Promise<number>
  /** @throws `CONFLICT` for a name or external id in use; `INPUT_MALFORMED`. */
  put(agent: Omit<StoredAgent, 'version' | 'deletedAt'>): Promise<void>
  /** Stores names and end, and raises the version. @throws as `put`. */
  update(agent: StoredAgent): Promise<void>
}
