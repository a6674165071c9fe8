/** The classes of OCSF that entries of the record have, with the activities of each that are used. */

export const OCSF_VERSION = '1.8.0'

export interface OcsfClass {
  readonly uid: number
  readonly name: string
  readonly category: { readonly uid: number; readonly name: string }
  readonly activities: Readonly<Record<string, number>>
}

const FINDINGS = { uid: 2, name: 'Findings' }
const IDENTITY = { uid: 3, name: 'Identity & Access Management' }
const DISCOVERY = { uid: 5, name: 'Discovery' }
const REMEDIATION = { uid: 7, name: 'Remediation' }

export const OTHER = 99

export const OCSF_CLASSES = {
  base: { uid: 0, name: 'Base Event', category: { uid: 0, name: 'Uncategorized' }, activities: {} },
  compliance: {
    uid: 2003,
    name: 'Compliance Finding',
    category: FINDINGS,
    activities: { Create: 1, Update: 2, Close: 3 },
  },
  detection: {
    uid: 2004,
    name: 'Detection Finding',
    category: FINDINGS,
    activities: { Create: 1, Update: 2, Close: 3 },
  },
  account: {
    uid: 3001,
    name: 'Account Change',
    category: IDENTITY,
    activities: {
      Create: 1,
      Enable: 2,
      'Password Change': 3,
      'Password Reset': 4,
      Disable: 5,
      Delete: 6,
      'MFA Factor Enable': 10,
      'MFA Factor Disable': 11,
    },
  },
  authentication: { uid: 3002, name: 'Authentication', category: IDENTITY, activities: { Logon: 1, Logoff: 2 } },
  entity: {
    uid: 3004,
    name: 'Entity Management',
    category: IDENTITY,
    activities: {
      Create: 1,
      Update: 3,
      Delete: 4,
      Move: 5,
      Enroll: 6,
      Unenroll: 7,
      Enable: 8,
      Disable: 9,
      Activate: 10,
      Deactivate: 11,
      Suspend: 12,
    },
  },
  access: { uid: 3005, name: 'User Access Management', category: IDENTITY, activities: { 'Assign Privileges': 1 } },
  group: {
    uid: 3006,
    name: 'Group Management',
    category: IDENTITY,
    activities: { Delete: 5, Create: 6 },
  },
  posture: { uid: 5019, name: 'Device Config State Change', category: DISCOVERY, activities: { Log: 1 } },
  remediation: {
    uid: 7001,
    name: 'Remediation Activity',
    category: REMEDIATION,
    activities: { Isolate: 1, Restore: 3 },
  },
} as const satisfies Readonly<Record<string, OcsfClass>>

export type ClassName = keyof typeof OCSF_CLASSES
export type ActivityOf<C extends ClassName> = keyof (typeof OCSF_CLASSES)[C]['activities'] | 'Other'
