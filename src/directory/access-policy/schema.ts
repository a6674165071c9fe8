/** What policies can speak of. Cedar refuses a policy that reads anything else, or what may be absent without asking for it first. */

/** The only resources that a registration's scope names. All others are of the type `Resource`. */
export const RESOURCE_TYPES = ['Application', 'DataSet', 'Tool', 'Resource'] as const
export type ResourceType = (typeof RESOURCE_TYPES)[number]

/** Of requests whose action no policy names. */
export const OTHER_ACTION = 'any other action'

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

/** @param actions that the policies name. */
export function schemaText(actions: readonly string[]): string {
  const names = [...actions, OTHER_ACTION].map((name) => JSON.stringify(name)).join(', ')
  return `${ENTITIES}
action ${names} appliesTo {
  principal: [Person, ServiceAccount],
  resource: [${RESOURCE_TYPES.join(', ')}],
  context: Question,
};`
}
