import type { Attribute, ResourceType, Schema } from './attributes/attributes.ts'

/**
 * Agents as resources. What is shown has the shape of draft-wzdk-scim-agent-resource-00. What is taken may also have the shapes of
 * draft-abbey-scim-agent-extension and draft-wahl-scim-agent-schema.
 */

const text = (name: string, description: string, more: Partial<Attribute> = {}): Attribute => ({
  name,
  type: 'string',
  description,
  ...more,
})

/** What older drafts have, and the directory has no use for. It is taken and dropped. */
const DROPPED: readonly Attribute[] = [
  text('agentType', 'not kept', { aliases: ['type'], returned: 'never' }),
  text('subject', 'not kept', { returned: 'never' }),
  text('agenticApplicationId', 'not kept', { returned: 'never' }),
  ...['entitlements', 'roles', 'applications', 'protocols', 'parent', 'x509Certificates', 'oAuthClientIdentifiers'].map(
    (name): Attribute => ({ name, type: 'complex', multiValued: true, description: 'not kept', returned: 'never' }),
  ),
]

export const OWNERS: Attribute = {
  name: 'owners',
  type: 'complex',
  multiValued: true,
  description: 'the first is the person who answers for the agent',
  subAttributes: [
    text('value', 'id, user name or email of the human', { caseExact: true }),
    {
      name: '$ref',
      type: 'reference',
      caseExact: true,
      mutability: 'readOnly',
      referenceTypes: ['User'],
      description: 'URL of the human',
    },
    text('display', 'name of the human', { mutability: 'readOnly' }),
    text('type', 'not kept', { returned: 'never' }),
  ],
}

const AGENT_SCHEMA: Schema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:Agent',
  name: 'Agent',
  description: 'a registered agent',
  attributes: [
    text('agentUserName', 'the name by which the client knows the agent', {
      aliases: ['name'],
      required: true,
      uniqueness: 'server',
    }),
    text('displayName', 'the name that people see'),
    text('description', 'what the agent is for'),
    { name: 'active', type: 'boolean', description: 'false suspends the agent on all devices' },
    OWNERS,
    ...DROPPED,
  ],
}

/**
 * Version 1.0 of our own extension. A change that a client must know gets another version. What an agent matches is for operators to
 * say: with it a client could stop any agent of the fleet.
 */
export const REGISTRATION_SCHEMA: Schema = {
  id: 'urn:surety:params:scim:schemas:extension:registration:1.0:Agent',
  name: 'AgentRegistration',
  description: 'the registration of an agent',
  attributes: [
    text('state', 'state in the lifecycle', { mutability: 'readOnly' }),
    text('spiffeId', 'SPIFFE id', { mutability: 'readOnly', caseExact: true }),
    text('products', 'products that it matches', { multiValued: true, caseExact: true, mutability: 'readOnly' }),
    text('packages', 'packages that it matches', { multiValued: true, caseExact: true, mutability: 'readOnly' }),
    text('executables', 'executables that it matches', { multiValued: true, caseExact: true, mutability: 'readOnly' }),
  ],
}

export const AGENT: ResourceType = {
  name: 'Agent',
  endpoint: '/Agents',
  description: 'registered agents that came by SCIM',
  schema: AGENT_SCHEMA,
  extensions: [REGISTRATION_SCHEMA],
  aliases: {
    endpoint: '/AgenticIdentities',
    schema: 'urn:ietf:params:scim:schemas:core:2.0:AgenticIdentity',
    // That draft has a display name and no other.
    names: { agentUserName: 'displayName' },
  },
}
