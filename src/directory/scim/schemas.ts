import type { Attribute, ResourceType, Schema } from './attributes/attributes.ts'

/** The schemas of RFC 7643 that the directory keeps, and its resource types. */

const text = (name: string, description: string, more: Partial<Attribute> = {}): Attribute => ({
  name,
  type: 'string',
  description,
  ...more,
})

/** A list of values with a type, such as emails. */
const list = (
  name: string,
  description: string,
  more: Partial<Attribute> = {},
  value: Partial<Attribute> = {},
): Attribute => ({
  name,
  type: 'complex',
  multiValued: true,
  description,
  subAttributes: [
    text('value', 'the value', value),
    text('display', 'the value as people read it'),
    text('type', 'what the value is for'),
    { name: 'primary', type: 'boolean', description: 'the preferred one; at most one is' },
  ],
  ...more,
})

const NAME: Attribute = {
  name: 'name',
  type: 'complex',
  description: 'parts of the name',
  subAttributes: [
    text('formatted', 'the full name'),
    text('familyName', 'the family name'),
    text('givenName', 'the given name'),
    text('middleName', 'middle names'),
    text('honorificPrefix', 'titles before the name'),
    text('honorificSuffix', 'suffixes after the name'),
  ],
}

const ADDRESSES: Attribute = {
  name: 'addresses',
  type: 'complex',
  multiValued: true,
  description: 'postal addresses',
  subAttributes: [
    text('formatted', 'the full address'),
    text('streetAddress', 'street and number'),
    text('locality', 'city'),
    text('region', 'state or region'),
    text('postalCode', 'postal code'),
    text('country', 'country'),
    text('type', 'what the address is for'),
    { name: 'primary', type: 'boolean', description: 'the preferred one; at most one is' },
  ],
}

const GROUPS_OF_USER: Attribute = {
  name: 'groups',
  type: 'complex',
  multiValued: true,
  mutability: 'readOnly',
  description: 'groups of the user; change them at the group',
  subAttributes: [
    text('value', 'id of the group', { caseExact: true, mutability: 'readOnly' }),
    {
      name: '$ref',
      type: 'reference',
      caseExact: true,
      mutability: 'readOnly',
      referenceTypes: ['Group'],
      description: 'URL of the group',
    },
    text('display', 'name of the group', { mutability: 'readOnly' }),
  ],
}

export const USER_SCHEMA: Schema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:User',
  name: 'User',
  description: 'a human',
  attributes: [
    text('userName', 'the name by which the client knows the human', { required: true, uniqueness: 'server' }),
    NAME,
    text('displayName', 'the name that people see'),
    text('nickName', 'a casual name'),
    {
      name: 'profileUrl',
      type: 'reference',
      caseExact: true,
      referenceTypes: ['external'],
      description: 'URL of a profile',
    },
    text('title', 'position in the organisation'),
    text('userType', 'relation to the organisation'),
    text('preferredLanguage', 'language'),
    text('locale', 'locale'),
    text('timezone', 'time zone'),
    {
      name: 'active',
      type: 'boolean',
      description: 'false deactivates the person: agents go to their successors or retire',
    },
    // Accepted and forgotten: the directory has no passwords.
    text('password', 'not kept', { mutability: 'writeOnly', returned: 'never', caseExact: true }),
    list('emails', 'email addresses'),
    list('phoneNumbers', 'telephone numbers'),
    list('ims', 'instant messaging addresses'),
    list('photos', 'URLs of pictures', {}, { type: 'reference', caseExact: true, referenceTypes: ['external'] }),
    ADDRESSES,
    GROUPS_OF_USER,
    list('entitlements', 'entitlements at the client'),
    list('roles', 'roles at the client'),
    list('x509Certificates', 'certificates', {}, { type: 'binary', caseExact: true }),
  ],
}

export const ENTERPRISE_SCHEMA: Schema = {
  id: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  name: 'EnterpriseUser',
  description: 'a person in an organisation',
  attributes: [
    text('employeeNumber', 'number in the organisation'),
    text('costCenter', 'cost centre'),
    text('organization', 'organisation'),
    text('division', 'division'),
    text('department', 'department'),
    {
      name: 'manager',
      type: 'complex',
      description: 'the manager; an id, user name or email of a person here',
      subAttributes: [
        text('value', 'who it is', { caseExact: true }),
        {
          name: '$ref',
          type: 'reference',
          caseExact: true,
          referenceTypes: ['User'],
          description: 'URL of the manager',
        },
        text('displayName', 'name of the manager', { mutability: 'readOnly' }),
      ],
    },
  ],
}

export const MEMBERS: Attribute = {
  name: 'members',
  type: 'complex',
  multiValued: true,
  description: 'people in the group',
  subAttributes: [
    text('value', 'id of the human', { caseExact: true, mutability: 'immutable' }),
    {
      name: '$ref',
      type: 'reference',
      caseExact: true,
      mutability: 'immutable',
      referenceTypes: ['User'],
      description: 'URL of the human',
    },
    text('type', 'always User', { mutability: 'immutable', canonicalValues: ['User'] }),
  ],
}

export const GROUP_SCHEMA: Schema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  name: 'Group',
  description: 'a group of humans',
  attributes: [text('displayName', 'name of the group', { required: true, uniqueness: 'server' }), MEMBERS],
}

export const USER: ResourceType = {
  name: 'User',
  endpoint: '/Users',
  description: 'humans',
  schema: USER_SCHEMA,
  extensions: [ENTERPRISE_SCHEMA],
}

export const GROUP: ResourceType = {
  name: 'Group',
  endpoint: '/Groups',
  description: 'groups of humans',
  schema: GROUP_SCHEMA,
  extensions: [],
}
