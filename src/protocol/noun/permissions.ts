/** Those that have a token. */
export const TOKEN_KINDS = ['administrator', 'service'] as const
export type TokenKind = (typeof TOKEN_KINDS)[number]
/** A person of the register signs in to the console and has no token. */
export const PRINCIPAL_KINDS = [...TOKEN_KINDS, 'person'] as const
export type PrincipalKind = (typeof PRINCIPAL_KINDS)[number]

/** Roles of people. */
export const ADMINISTRATOR_ROLES = ['viewer', 'operator', 'administrator', 'auditor'] as const
export type AdministratorRole = (typeof ADMINISTRATOR_ROLES)[number]

/** Roles of servers: `decide` asks for verdicts only, `read` sees what a viewer sees, `provision` sends humans by SCIM. */
export const SERVICE_SCOPES = ['read', 'decide', 'provision'] as const
export type ServiceScope = (typeof SERVICE_SCOPES)[number]

/** `member`: a person who administers nothing, and sees and answers what is theirs. */
export const ROLES = [...ADMINISTRATOR_ROLES, ...SERVICE_SCOPES, 'member'] as const
export type Role = (typeof ROLES)[number]

/** The holder of a token, or of a session of the console. */
export interface Principal {
  readonly id: string
  readonly kind: PrincipalKind
  readonly name: string
  readonly role: Role
}

/** The table of permissions: what a route does, and the roles that may do it. docs/api.md shows the same rows. */
export const PERMISSIONS = {
  /** Who oneself is, and what one may do. */
  'see-self': ['viewer', 'operator', 'administrator', 'auditor', 'read', 'decide', 'provision', 'member'],
  /** What waits for oneself, and what is one's own. */
  'see-mine': ['viewer', 'operator', 'administrator', 'auditor', 'member'],
  /** Verdicts of devices, and the keys that sign them. */
  'ask-verdict': ['viewer', 'operator', 'administrator', 'auditor', 'read', 'decide'],
  /** Whether a person or an agent may do something: the Authorization API. */
  'ask-decision': ['viewer', 'operator', 'administrator', 'auditor', 'read', 'decide'],
  /** Devices, sightings, findings, counts. */
  view: ['viewer', 'operator', 'administrator', 'auditor', 'read'],
  /** Metrics. */
  watch: ['viewer', 'operator', 'administrator', 'auditor', 'read'],
  /** Events, stored evidence, tokens without their secrets, orders, re-enrolments, stops. */
  audit: ['operator', 'administrator', 'auditor'],
  /** Makes and revokes enrolment tokens, settles re-enrolments, issues orders, retires devices. */
  operate: ['operator', 'administrator'],
  /** Creates, confirms and releases stops, orders drills. */
  stop: ['operator', 'administrator'],
  /** Registers agents, changes them and their state, accepts successions, decides about those that are seen. */
  register: ['operator', 'administrator'],
  /** Decides claims: with `register` all of them, without it those of humans whose manager one is. */
  'decide-claim': ['viewer', 'operator', 'administrator', 'auditor', 'member'],
  /** Actions of agents that wait for a person: a member sees those of their agents and accounts. */
  'see-approvals': ['viewer', 'operator', 'administrator', 'auditor', 'read', 'member'],
  /** Decides about them: with `register` as an approver, without it as the owner of the agent. */
  'decide-approval': ['viewer', 'operator', 'administrator', 'auditor', 'member'],
  /** Answers reviews: with `register` for all owners, without it as the owner. */
  'answer-review': ['viewer', 'operator', 'administrator', 'auditor', 'member'],
  /** Accepts to succeed an owner: administrators for everybody, others for themselves. */
  'accept-succession': ['viewer', 'operator', 'administrator', 'auditor', 'member'],
  /** The catalogue of the whole fleet, the policy, labels and owners of devices, webhooks. */
  configure: ['administrator'],
  /** Humans, their groups, their accounts on devices, and service accounts. */
  identify: ['administrator'],
  /** Who the administrators and services are. */
  'view-principals': ['administrator', 'auditor'],
  /** Adds, changes and revokes them. */
  'change-principals': ['administrator'],
  /** Everything at `/scim/v2`: humans and groups of an identity provider. */
  provision: ['administrator', 'provision'],
} as const satisfies Readonly<Record<string, readonly Role[]>>

/**
 * What a session of the console may do only within five minutes after its person signed in or showed the passkey: an unlocked screen
 * is not enough. A token is shown with each request.
 */
export const STEP_UP = ['stop', 'configure', 'identify', 'change-principals'] as const satisfies readonly Action[]

/** What a route does. */
export type Action = keyof typeof PERMISSIONS

/** Everything that a role may do. */
export function actionsOf(role: Role): Action[] {
  return (Object.keys(PERMISSIONS) as Action[]).filter((action) => mayDo(role, action)) // The keys are those of the table above.
}

export function mayDo(role: Role, action: Action): boolean {
  return PERMISSIONS[action].some((one: Role) => one === role)
}
