import { newAdministrator } from '../../../src/directory/principals/principals.ts'
import { SCIM_BASE } from '../../../src/directory/scim/scim-surface.ts'
import { API_BASE } from '../../../src/protocol/noun/answers.ts'
import { ADMINISTRATOR_ROLES, type Role, SERVICE_SCOPES } from '../../../src/protocol/noun/permissions.ts'
import { startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'
import { AGENT_KEY, seedDevice } from '../../support/directory/seeded-directory.ts'
import { refusal } from './documented-answers.ts'

/** The stated result of every route and role. It is written out here: the table in the source must agree. */
/** Those who have a token. */
const HOLDERS = [...ADMINISTRATOR_ROLES, ...SERVICE_SCOPES]
const EVERYONE: readonly Role[] = ['viewer', 'operator', 'administrator', 'auditor', 'read', 'decide']
const VIEWERS: readonly Role[] = ['viewer', 'operator', 'administrator', 'auditor', 'read']
const RECORD: readonly Role[] = ['operator', 'administrator', 'auditor']
const DECIDERS: readonly Role[] = ['viewer', 'operator', 'administrator', 'auditor']
const OPERATORS: readonly Role[] = ['operator', 'administrator']
const ADMINISTRATORS: readonly Role[] = ['administrator']
const PROVISIONERS: readonly Role[] = ['administrator', 'provision']
const MAY: Readonly<Record<string, readonly Role[]>> = {
  getVerdict: EVERYONE,
  getAuthority: EVERYONE,
  getSummary: VIEWERS,
  listChecks: VIEWERS,
  getMetrics: VIEWERS,
  listDevices: VIEWERS,
  getDevice: VIEWERS,
  listFindings: VIEWERS,
  listSightings: VIEWERS,
  getSighting: VIEWERS,
  listSources: VIEWERS,
  listAgents: VIEWERS,
  getDeviceTimeline: VIEWERS,
  getDeviceDifference: VIEWERS,
  getHistory: VIEWERS,
  search: VIEWERS,
  getAccessPolicy: VIEWERS,
  getGatePolicy: VIEWERS,
  getPolicy: VIEWERS,
  exportConfiguration: VIEWERS,
  // Each kind asks for more: see test/directory/configuration.
  applyConfiguration: VIEWERS,
  listAccessPolicies: VIEWERS,
  listGatePolicies: VIEWERS,
  listPolicies: VIEWERS,
  getRules: VIEWERS,
  listActions: RECORD,
  getAction: RECORD,
  listZombies: VIEWERS,
  getSweep: VIEWERS,
  listReviews: VIEWERS,
  getReview: VIEWERS,
  listReviewedAgents: VIEWERS,
  answerReview: DECIDERS,
  listRules: VIEWERS,
  getAgent: VIEWERS,
  listExtensions: VIEWERS,
  listMcpServers: VIEWERS,
  listMcpConflicts: VIEWERS,
  listAgentProducts: VIEWERS,
  listMcpServerNames: VIEWERS,
  listExtensionProducts: VIEWERS,
  listRisks: VIEWERS,
  listModelRuntimes: VIEWERS,
  listAgentFiles: VIEWERS,
  catalogue: VIEWERS,
  listInbox: VIEWERS,
  getSeenAgent: VIEWERS,
  listRegistrations: VIEWERS,
  countRegistrations: VIEWERS,
  getRegistration: VIEWERS,
  listClaims: VIEWERS,
  getClaim: VIEWERS,
  acceptClaim: DECIDERS,
  refuseClaim: DECIDERS,
  listApprovals: VIEWERS,
  getApproval: VIEWERS,
  beginApproval: DECIDERS,
  approveAction: DECIDERS,
  denyAction: DECIDERS,
  cancelAction: DECIDERS,
  getOwnApprovalRate: DECIDERS,
  listHumans: VIEWERS,
  showHuman: VIEWERS,
  summarizeHuman: VIEWERS,
  listGroups: VIEWERS,
  showGroup: VIEWERS,
  listMembers: VIEWERS,
  listAccounts: VIEWERS,
  listServiceAccounts: VIEWERS,
  showServiceAccount: VIEWERS,
  getScimGuard: RECORD,
  listEvents: RECORD,
  getEvent: RECORD,
  listChanges: RECORD,
  listEvidence: RECORD,
  getEvidenceExport: RECORD,
  getEntryBundle: RECORD,
  getRecordLog: RECORD,
  listRecordHolds: RECORD,
  holdRecord: ADMINISTRATORS,
  releaseRecord: ADMINISTRATORS,
  forgetHuman: ADMINISTRATORS,
  listEntries: RECORD,
  listRecordForwards: RECORD,
  listRecordWitnesses: RECORD,
  showEntry: RECORD,
  listExportedBatches: RECORD,
  getEvidence: RECORD,
  getDeviceKey: RECORD,
  listTokens: RECORD,
  listOrders: RECORD,
  listReEnrolments: RECORD,
  listPreregistrations: RECORD,
  listPendingDevices: RECORD,
  listStops: RECORD,
  getStop: RECORD,
  listStopDevices: RECORD,
  createStop: OPERATORS,
  confirmStop: OPERATORS,
  releaseStop: OPERATORS,
  registerSeenAgent: OPERATORS,
  mergeSeenAgent: OPERATORS,
  ignoreSeenAgent: OPERATORS,
  unignoreSeenAgent: OPERATORS,
  blockSeenAgent: OPERATORS,
  createRegistration: OPERATORS,
  changeRegistration: OPERATORS,
  moveRegistration: OPERATORS,
  undoRegistration: OPERATORS,
  transferRegistration: OPERATORS,
  acceptRegistration: DECIDERS,
  getMine: DECIDERS,
  getMessagePreference: DECIDERS,
  setMessagePreference: DECIDERS,
  createToken: OPERATORS,
  revokeToken: OPERATORS,
  preregisterDevices: OPERATORS,
  acceptPendingDevice: OPERATORS,
  refusePendingDevice: OPERATORS,
  removePreregistration: OPERATORS,
  retireDevice: OPERATORS,
  issueOrder: OPERATORS,
  approveReEnrolment: OPERATORS,
  denyReEnrolment: OPERATORS,
  acceptServiceAccount: OPERATORS,
  addHuman: ADMINISTRATORS,
  importHumans: ADMINISTRATORS,
  changeHuman: ADMINISTRATORS,
  deactivateHuman: ADMINISTRATORS,
  reactivateHuman: ADMINISTRATORS,
  addGroup: ADMINISTRATORS,
  changeGroup: ADMINISTRATORS,
  removeGroup: ADMINISTRATORS,
  confirmAccount: ADMINISTRATORS,
  confirmProposedAccounts: ADMINISTRATORS,
  releaseAccount: ADMINISTRATORS,
  addServiceAccount: ADMINISTRATORS,
  changeServiceAccount: ADMINISTRATORS,
  endServiceAccount: ADMINISTRATORS,
  setCatalogue: ADMINISTRATORS,
  labelDevice: ADMINISTRATORS,
  setDeviceOwner: ADMINISTRATORS,
  setGatePolicy: ADMINISTRATORS,
  testGatePolicy: ADMINISTRATORS,
  rollBackGatePolicy: ADMINISTRATORS,
  setAccessPolicy: ADMINISTRATORS,
  testAccessPolicy: ADMINISTRATORS,
  rollBackAccessPolicy: ADMINISTRATORS,
  setPolicy: ADMINISTRATORS,
  testPolicy: ADMINISTRATORS,
  rollBackPolicy: ADMINISTRATORS,
  beginSweep: OPERATORS,
  startReview: OPERATORS,
  getReviewImpact: OPERATORS,
  closeReview: OPERATORS,
  setRules: ADMINISTRATORS,
  testRules: ADMINISTRATORS,
  rollBackRules: ADMINISTRATORS,
  listAdministrators: ['administrator', 'auditor'],
  listServices: ['administrator', 'auditor'],
  addAdministrator: ADMINISTRATORS,
  getOwnPrincipal: HOLDERS,
  listSessions: ['administrator', 'auditor'],
  listPasskeys: ['administrator', 'auditor'],
  endSession: ADMINISTRATORS,
  endSessionsOf: ADMINISTRATORS,
  removePasskey: ADMINISTRATORS,
  inviteAdministrator: ADMINISTRATORS,
  inviteHuman: ADMINISTRATORS,
  setAdministratorRole: ADMINISTRATORS,
  rotateAdministratorToken: ADMINISTRATORS,
  revokeAdministrator: ADMINISTRATORS,
  allowScimDeactivations: ADMINISTRATORS,
  getServiceProviderConfig: PROVISIONERS,
  listResourceTypes: PROVISIONERS,
  getResourceType: PROVISIONERS,
  listSchemas: PROVISIONERS,
  getSchema: PROVISIONERS,
  searchScim: PROVISIONERS,
  ...Object.fromEntries(
    ['User', 'Group'].flatMap((type) =>
      ['list', 'create', 'get', 'replace', 'patch', 'delete', 'search'].map((verb) => [
        `${verb}${type}${verb === 'list' || verb === 'search' ? 's' : ''}${verb === 'search' ? '' : 'ByScim'}`,
        PROVISIONERS,
      ]),
    ),
  ),
  addService: ADMINISTRATORS,
  rotateServiceToken: ADMINISTRATORS,
  revokeService: ADMINISTRATORS,
  addWebhook: ADMINISTRATORS,
  listMessages: ADMINISTRATORS,
  getMessageStatus: ADMINISTRATORS,
  testMessages: ADMINISTRATORS,
  listWebhooks: ADMINISTRATORS,
  getWebhook: ADMINISTRATORS,
  removeWebhook: ADMINISTRATORS,
  rotateWebhookSecret: ADMINISTRATORS,
  enableWebhook: ADMINISTRATORS,
  testWebhook: ADMINISTRATORS,
  listWebhookDeliveries: ADMINISTRATORS,
}

let directory: TestDirectory
let seeded: Awaited<ReturnType<typeof seedDevice>>
const tokens = new Map<Role, string>()

beforeAll(async () => {
  directory = await startTestDirectory()
  seeded = await seedDevice(directory)
  for (const role of HOLDERS) {
    const service = role === 'read' || role === 'decide' || role === 'provision'
    const request = { name: `the-${role}`, ttlMs: 86_400_000 }
    const { token } = service
      ? await directory.services.principals.add({ ...request, kind: 'service', role }, 'adm_test')
      : await directory.services.principals.add({ ...request, kind: 'administrator', role }, 'adm_test')
    tokens.set(role, token)
  }
})
afterAll(() => directory[Symbol.asyncDispose]())

/** Every route that is served, with no body: a role that may do it is refused for that, and nothing is changed. */
function guardedRoutes() {
  const filled = (path: string) =>
    path
      .replace('{id}', path.startsWith('/tokens') ? seeded.token : seeded.device)
      .replace('{name}', 'nobody')
      .replace('{epoch}', '1')
      .replace('{sequence}', '1')
      .replace('{sighting}', '0'.repeat(32))
      .replace('{key}', AGENT_KEY)
  const routesOf = (base: string, routes: TestDirectory['routes']) =>
    routes.flatMap(({ open, method, path, operationId, contentType }) =>
      // A stream would not end: its test is beside it.
      open === true || contentType === 'text/event-stream' ? [] : [{ method, operationId, path: base + filled(path) }],
    )
  return [
    ...routesOf(API_BASE, directory.routes),
    ...routesOf(SCIM_BASE, directory.scim),
    ...routesOf('', directory.atRoot),
  ]
}

test('every route has a stated result, and no result is of a route that is gone', () => {
  expect(
    guardedRoutes()
      .map(({ operationId }) => operationId)
      .toSorted(),
  ).toEqual(Object.keys(MAY).toSorted())
})

test.each(HOLDERS)('%s: every route answers as stated', async (role) => {
  const token = tokens.get(role) ?? ''
  const wrong: string[] = []
  // What revokes comes last, so that it does not end what the others ask about.
  for (const { method, operationId, path } of guardedRoutes()) {
    const { status, json } = await directory.ask(method, path, { token })
    const refused = status === 403
    const allowed = MAY[operationId]?.includes(role) === true
    const { code, detail } = (json ?? {}) as { code?: unknown; detail?: unknown }
    // Refusals of SCIM have no code.
    const said = path.startsWith(SCIM_BASE)
      ? `${detail}`.includes(`has the role ${role}, which may not provision`)
      : code === 'NOT_PERMITTED'
    const right = allowed ? !refused && status !== 401 && status < 500 : refused && said
    if (!right) wrong.push(`${method} ${path}: ${status} ${JSON.stringify(json)}`)
  }
  expect(wrong).toEqual([])
})

test('a refused role learns neither if its body was right nor if the device exists', async () => {
  const token = tokens.get('viewer') ?? ''
  const retire = (path: string, body: string) => directory.ask('POST', `/api/v1${path}`, { token, body })
  const answers = [
    await retire(`/devices/${seeded.device}/retire`, '{"reason":"stolen"}'),
    await retire(`/devices/${seeded.device}/retire`, '{'),
    await retire('/devices/dev_AAAAAAAAAAAAAAAAAAAAAA/retire', '{"reason":"stolen"}'),
  ]
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
  expect(answers[0]?.json).toEqual(
    refusal(
      'NOT_PERMITTED',
      'the-viewer has the role viewer, which may not operate: ask an administrator, or use another profile',
    ),
  )
  expect((await directory.store.devices.get(seeded.device))?.status).toBe('active')
})

test('a token with the prefix of the other kind is refused', async () => {
  const asAdministrator = (tokens.get('read') ?? '').replace('surety_svc_', 'surety_adm_')
  const asService = (tokens.get('administrator') ?? '').replace('surety_adm_', 'surety_svc_')
  for (const token of [asAdministrator, asService]) {
    expect((await directory.ask('GET', '/api/v1/summary', { token })).status).toBe(401)
  }
})

test('the administrator of the file is never among those with an end', () => {
  expect(newAdministrator({ random: (size) => new Uint8Array(size), clock: directory.clock }).principal.expiresAt).toBe(
    undefined,
  )
})
