import type { ActivityKind, AuditAct } from '../protocol/nouns/directory/events.ts'
import type { ActivityOf, ClassName } from './classes.ts'

/** Which class and activity of OCSF each kind of entry has. docs/admin/record-export.md shows the same rows. */

export interface ActRow {
  readonly class: ClassName
  readonly activity: string
  /** What an entity is, such as `Policy`. */
  readonly type?: string
  /** It was tried and did not come about. */
  readonly failed?: true
}

function row<C extends ClassName>(name: C, activity: ActivityOf<C> & string): ActRow {
  return { class: name, activity }
}

const failed = (of: ActRow): ActRow => ({ ...of, failed: true })
const entity = (type: string, activity: ActivityOf<'entity'>): ActRow => ({ ...row('entity', activity), type })
const account = (activity: ActivityOf<'account'>) => row('account', activity)

const AGENT = 'AI agent'

const ACTS: Readonly<Record<AuditAct, ActRow>> = {
  'token-created': entity('Enrolment token', 'Create'),
  'token-revoked': entity('Enrolment token', 'Disable'),
  'order-issued': entity('Order', 'Create'),
  're-enrolment-approved': entity('Device', 'Enroll'),
  're-enrolment-denied': failed(entity('Device', 'Enroll')),
  retired: entity('Device', 'Unenroll'),
  labelled: entity('Device', 'Update'),
  'owner-changed': entity('Device', 'Move'),
  'device-accepted': entity('Device', 'Enroll'),
  'device-refused': failed(entity('Device', 'Enroll')),
  'catalogue-set': entity('Catalogue', 'Update'),
  'policy-set': entity('Policy', 'Update'),
  'policy-rolled-back': entity('Policy', 'Update'),
  'devices-preregistered': entity('Preregistration', 'Create'),
  'preregistration-removed': entity('Preregistration', 'Delete'),
  'administrator-reset': account('Password Reset'),
  'principal-added': account('Create'),
  'principal-role-changed': row('access', 'Assign Privileges'),
  'principal-token-rotated': account('Password Change'),
  'principal-revoked': account('Disable'),
  invited: account('Other'),
  'passkey-added': account('MFA Factor Enable'),
  'passkey-removed': account('MFA Factor Disable'),
  'signed-in': row('authentication', 'Logon'),
  'stepped-up': row('authentication', 'Logon'),
  'sign-in-refused': failed(row('authentication', 'Logon')),
  'session-ended': row('authentication', 'Logoff'),
  'stop-created': row('remediation', 'Isolate'),
  'stop-confirmed': row('remediation', 'Isolate'),
  'stop-release-requested': row('remediation', 'Other'),
  'stop-released': row('remediation', 'Restore'),
  'stop-withdrawn': row('remediation', 'Restore'),
  'stop-ended': row('remediation', 'Restore'),
  'stop-answered': row('remediation', 'Other'),
  'stop-event': row('remediation', 'Other'),
  'registration-created': entity(AGENT, 'Create'),
  'registration-changed': entity(AGENT, 'Update'),
  'registration-activated': entity(AGENT, 'Activate'),
  'registration-suspended': entity(AGENT, 'Suspend'),
  'registration-quarantined': entity(AGENT, 'Disable'),
  'registration-retiring': entity(AGENT, 'Deactivate'),
  'registration-retired': entity(AGENT, 'Delete'),
  'registration-transferred': entity(AGENT, 'Move'),
  'registration-succession-accepted': entity(AGENT, 'Move'),
  'registration-refused': failed(entity(AGENT, 'Activate')),
  'registration-undone': entity(AGENT, 'Update'),
  'claim-accepted': entity('Claim', 'Activate'),
  'claim-refused': failed(entity('Claim', 'Activate')),
  'approval-given': entity('Approval', 'Activate'),
  'approval-denied': failed(entity('Approval', 'Activate')),
  'approval-cancelled': entity('Approval', 'Deactivate'),
  'approval-expired': entity('Approval', 'Deactivate'),
  'approval-refused': failed(entity('Approval', 'Activate')),
  'approver-flagged': row('detection', 'Create'),
  'scim-guard-tripped': row('detection', 'Create'),
  'scim-guard-allowed': row('detection', 'Close'),
  'rules-set': entity('Rules', 'Update'),
  'rules-rolled-back': entity('Rules', 'Update'),
  'rule-decided': entity(AGENT, 'Update'),
  'rule-could-not': failed(entity(AGENT, 'Update')),
  'access-set': entity('Access policy', 'Update'),
  'access-rolled-back': entity('Access policy', 'Update'),
  'gate-policy-set': entity('Policy of the gate', 'Update'),
  'gate-policy-rolled-back': entity('Policy of the gate', 'Update'),
  'zombie-sweep-begun': row('compliance', 'Other'),
  'zombie-found': row('compliance', 'Create'),
  'zombie-warned': row('compliance', 'Update'),
  'zombie-suspended': row('compliance', 'Update'),
  'zombie-retired': row('compliance', 'Close'),
  'zombie-failed': failed(row('compliance', 'Update')),
  'zombie-gone': row('compliance', 'Close'),
  'review-started': entity('Review', 'Create'),
  'review-answered': entity('Review', 'Update'),
  'review-silence': entity('Review', 'Update'),
  'review-failed': failed(entity('Review', 'Update')),
  'review-closed': entity('Review', 'Deactivate'),
  'directory-restored': entity('Directory', 'Other'),
  'record-held': entity('Legal hold', 'Create'),
  'record-released': entity('Legal hold', 'Delete'),
  'record-continued': entity('Record', 'Create'),
  'console-certificate-renewed': entity('Certificate', 'Update'),
  'console-certificate-failed': failed(entity('Certificate', 'Update')),
  'human-added': account('Create'),
  'human-changed': account('Other'),
  'human-deactivated': account('Disable'),
  'human-reactivated': account('Enable'),
  'human-deleted': account('Delete'),
  'human-forgotten': account('Delete'),
  'group-added': row('group', 'Create'),
  'group-changed': row('group', 'Other'),
  'group-removed': row('group', 'Delete'),
  'account-confirmed': entity('Account of a device', 'Enroll'),
  'account-released': entity('Account of a device', 'Unenroll'),
  'service-account-added': account('Create'),
  'service-account-changed': account('Other'),
  'service-account-transferred': account('Other'),
  'service-account-succession-accepted': account('Other'),
  'service-account-ended': account('Disable'),
  'agent-registered': entity(AGENT, 'Enroll'),
  'agent-merged': entity(AGENT, 'Update'),
  'agent-ignored': entity(AGENT, 'Update'),
  'agent-unignored': entity(AGENT, 'Update'),
  'agent-blocked': entity(AGENT, 'Disable'),
  'webhook-added': entity('Webhook', 'Create'),
  'webhook-changed': entity('Webhook', 'Update'),
  'webhook-removed': entity('Webhook', 'Delete'),
  'webhook-secret-rotated': entity('Webhook', 'Update'),
  'webhook-enabled': entity('Webhook', 'Enable'),
  'webhook-tested': entity('Webhook', 'Other'),
  'webhook-disabled': entity('Webhook', 'Disable'),
  'message-failed': failed(entity('Message', 'Create')),
  'messages-turned-off': entity('Messages', 'Disable'),
  'messages-turned-on': entity('Messages', 'Enable'),
  'messages-tested': entity('Messages', 'Other'),
  'configuration-applied': entity('Configuration', 'Update'),
}

const NEWS: Readonly<Partial<Record<ActivityKind, ActRow>>> = {
  enrolled: entity('Device', 'Enroll'),
  'verdict-changed': row('posture', 'Log'),
  'order-answered': entity('Order', 'Update'),
  'order-unanswered': failed(entity('Order', 'Update')),
  'agent-claimed': entity('Claim', 'Create'),
  'claim-dropped': entity('Claim', 'Delete'),
}

export const OCSF_ACTS: Readonly<Record<string, ActRow>> = { ...ACTS, ...NEWS }

/** A kind that this release does not know is a Base Event. */
export function actRowOf(act: string): ActRow {
  return (Object.hasOwn(OCSF_ACTS, act) ? OCSF_ACTS[act] : undefined) ?? row('base', 'Other')
}
