import type { Attribute, Resource, ResourceType, Schema } from './attributes/attributes.ts'
import { LIST_SCHEMA, PAGE } from './attributes/listing.ts'

/** What clients learn about this service (RFC 7643, sections 5 to 7). */

/** Of one resource. */
export const MAX_BODY = 1024 * 1024

const CONFIG_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'
const TYPE_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:ResourceType'
const SCHEMA_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Schema'

export function serviceProviderConfig(base: string, types: readonly ResourceType[]): Resource {
  const agents = types.some(({ name }) => name === 'Agent')
  return {
    schemas: [CONFIG_SCHEMA],
    patch: { supported: true },
    // Neither Entra ID nor Okta sends bulk requests. The schema requires both numbers.
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: PAGE.most },
    changePassword: { supported: false },
    sort: { supported: false },
    etag: { supported: true },
    pagination: {
      cursor: true,
      index: true,
      defaultPaginationMethod: 'index',
      defaultPageSize: PAGE.usual,
      maxPageSize: PAGE.most,
    },
    // By draft-abbey-scim-agent-extension.
    agentExtension: { supported: agents, agentsSupported: agents, agenticApplicationsSupported: false },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Bearer token',
        description: 'the token of a service with the scope provision',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
  }
}

export function resourceTypeDocument(
  { name, endpoint, description, schema, extensions }: ResourceType,
  base: string,
): Resource {
  return {
    schemas: [TYPE_SCHEMA],
    id: name,
    name,
    endpoint,
    description,
    schema: schema.id,
    schemaExtensions: extensions.map(({ id }) => ({ schema: id, required: false })),
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${name}` },
  }
}

export function schemaDocument({ id, name, description, attributes }: Schema, base: string): Resource {
  return {
    schemas: [SCHEMA_SCHEMA],
    id,
    name,
    description,
    attributes: attributes.filter(isAdvertised).map(attributeDocument),
    meta: { resourceType: 'Schema', location: `${base}/Schemas/${id}` },
  }
}

/** A password is taken and dropped: nothing should be mapped to it. */
function isAdvertised({ returned }: Attribute): boolean {
  return returned !== 'never'
}

function attributeDocument(attribute: Attribute): Resource {
  const { name, type, description, canonicalValues, referenceTypes, subAttributes } = attribute
  return {
    name,
    type,
    multiValued: attribute.multiValued === true,
    description,
    required: attribute.required === true,
    caseExact: attribute.caseExact === true,
    mutability: attribute.mutability ?? 'readWrite',
    returned: attribute.returned ?? 'default',
    uniqueness: attribute.uniqueness ?? 'none',
    ...(canonicalValues === undefined ? {} : { canonicalValues }),
    ...(referenceTypes === undefined ? {} : { referenceTypes }),
    ...(subAttributes === undefined ? {} : { subAttributes: subAttributes.map(attributeDocument) }),
  }
}

export function listOf(resources: readonly Resource[]): Resource {
  return {
    schemas: [LIST_SCHEMA],
    totalResults: resources.length,
    itemsPerPage: resources.length,
    startIndex: 1,
    Resources: resources,
  }
}
