import type { Vocabulary } from '../../cedar/vocabulary.ts'

/** The only resources that a registration's scope names. All others are of the type `Resource`. */
export const RESOURCE_TYPES = ['Application', 'DataSet', 'Tool', 'Resource'] as const
export type ResourceType = (typeof RESOURCE_TYPES)[number]

const ENTITIES = `
entity Group;
entity Person in [Group] { name: String, email?: String, manager?: Person };
entity ServiceAccount { name: String, owner: Person };
entity Device {
  name?: String,
  owner?: Person,
  tier: String,
  verdict: String,
  compliant: Bool,
  connected: Bool,
  stops: Long,
  unansweredStops: Long,
} tags String;
entity Agent {
  name: String,
  registered: Bool,
  state: String,
  owner?: Person,
  product?: String,
  onDevice: Bool,
  deviations: Set<String>,
  applications: Set<String>,
  dataSets: Set<String>,
  tools: Set<String>,
  expiresAt?: Long,
};
entity ResourceType;
entity Application, DataSet, Tool { name: String };
entity Resource in [ResourceType] { name: String };
entity Said tags String;
type Question = {
  action: String,
  now: Long,
  agent?: Agent,
  device?: Device,
  stopped: Bool,
  said: Said,
};
`

/** What access policies can speak of. */
export const ACCESS_VOCABULARY: Vocabulary = {
  called: 'an access policy',
  entities: ENTITIES,
  principals: ['Person', 'ServiceAccount'],
  resources: RESOURCE_TYPES,
  // It counts while a stop concerns the request.
  annotations: { stopped: ['allow'] },
  sample: {
    principal: { type: 'Person', id: 'tried' },
    context: { now: 0, stopped: false, said: { __entity: { type: 'Said', id: 'said' } } },
    entities: [
      { uid: { type: 'Person', id: 'tried' }, attrs: { name: 'tried' }, parents: [] },
      { uid: { type: 'Said', id: 'said' }, attrs: {}, parents: [], tags: {} },
    ],
    resource: { name: 'tried' },
  },
}
