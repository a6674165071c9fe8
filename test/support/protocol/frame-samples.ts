import { toBase64Url } from '../../../src/base/bytes.ts'
import { sha256, ZERO_HASH } from '../../../src/crypto/hash.ts'
import type { AttestationResult } from '../../../src/protocol/messages/attestation-result.ts'
import type { Delegation } from '../../../src/protocol/messages/delegation.ts'
import { EVIDENCE_PROFILE, type Evidence } from '../../../src/protocol/messages/evidence.ts'
import type {
  Ack,
  Activation,
  Attestation,
  Challenge,
  Credential,
  Hello,
  Refusal,
  Renew,
  ResultFrame,
  Welcome,
} from '../../../src/protocol/messages/frames.ts'
import type { Order } from '../../../src/protocol/messages/order.ts'
import type { Stop, StopEvent, StopReceipt, StopSelector } from '../../../src/protocol/stop.ts'
import { testKey } from './test-keys.ts'

/** One good message of each kind, with fixed contents. */

const SAMPLE_TIME = Date.UTC(2026, 10, 25, 12)
export const deviceKey = testKey('device')
export const acknowledgementKey = testKey('acknowledgements')
export const orderKey = testKey('orders')
export const rootKey = testKey('directory root')

const DEVICE = `dev_${toBase64Url(sha256('device id').subarray(0, 16))}`
const ORDER = `ord_${toBase64Url(sha256('order id').subarray(0, 16))}`
const hashOf = (text: string) => toBase64Url(sha256(text))
const zeros = toBase64Url(ZERO_HASH)
const nonce = hashOf('nonce')

export const hello: Hello = {
  type: 'hello',
  protocol: 1,
  device: DEVICE,
  epoch: 1,
  sequence: 7,
  head: hashOf('batch 7'),
  order: 2,
  clock: SAMPLE_TIME,
}

export const enrolmentHello: Hello = {
  type: 'hello',
  protocol: 1,
  token: { id: `tok_${toBase64Url(sha256('token id').subarray(0, 16))}`, secret: hashOf('token secret') },
  epoch: 0,
  sequence: 0,
  head: zeros,
  order: 0,
  clock: SAMPLE_TIME,
}

export const renew: Renew = { type: 'renew', reason: 'resume', sequence: 7, head: hashOf('batch 7') }

export const refusal: Refusal = { type: 'refusal', code: 'TOKEN_USED', message: 'the token was used' }

export const delegation: Delegation = {
  type: 'delegation',
  purpose: 'acknowledgements',
  key: toBase64Url(acknowledgementKey.spki),
  notBefore: SAMPLE_TIME - 1000,
  notAfter: SAMPLE_TIME + 1000,
  serial: 1,
}

export const challenge: Challenge = {
  type: 'challenge',
  nonce,
  time: SAMPLE_TIME,
  expiresInMs: 60_000,
  pcrs: [0, 1, 2, 3, 4, 5, 6, 7],
  channelBinding: 'required',
  delegations: [],
  root: toBase64Url(rootKey.spki),
}

export const attestation: Attestation = {
  type: 'attestation',
  purpose: 'attest',
  nonce,
  binding: hashOf('binding'),
  device: DEVICE,
  epoch: 1,
  sequence: 7,
  head: hashOf('batch 7'),
  posture: hashOf('findings'),
}

export const enrolmentAttestation: Attestation = {
  type: 'attestation',
  purpose: 'enrol',
  nonce,
  binding: hashOf('binding'),
  epoch: 0,
  sequence: 0,
  head: zeros,
  posture: zeros,
  enrolment: { keyKind: 'software', applicationKey: toBase64Url(deviceKey.spki) },
  label: { hostname: 'laptop', platform: 'linux', arch: 'x64' },
}

export const credential: Credential = {
  type: 'credential',
  nonce,
  credentialBlob: hashOf('credential'),
  encryptedSecret: hashOf('encrypted secret'),
}

export const activation: Activation = { type: 'activation', nonce, secret: hashOf('activation secret') }

export const order: Order = {
  type: 'order',
  id: ORDER,
  device: DEVICE,
  epoch: 1,
  number: 3,
  kind: 'attest',
  reason: 'asked by an administrator',
  notAfter: SAMPLE_TIME + 60_000,
}

const selector: StopSelector = { select: 'product', product: 'claude-code' }
const stopReceipt: StopReceipt = {
  method: 'cgroup2',
  agents: [
    {
      agent: '3f'.repeat(16),
      product: 'claude-code',
      user: 'ada',
      processes: [{ pid: 4121, startedAt: SAMPLE_TIME - 60_000, executable: '/home/ada/.local/bin/claude' }],
    },
  ],
  agentCount: 1,
  processCount: 2,
  confirmedAt: SAMPLE_TIME + 15,
  network: 'cut',
  missed: [{ pid: 4122, executable: '/usr/bin/dd', reason: 'uninterruptible' }],
  weaknesses: ['root-cgroup', 'exec-not-held'],
  pausedMs: 3,
}
const STOP = `stop_${toBase64Url(sha256('stop id').subarray(0, 16))}`

const stop: Stop = { id: STOP, selector, by: 'Ada, administrator', until: SAMPLE_TIME + 3_600_000 }

export const freezeOrder: Order = {
  ...order,
  number: 4,
  kind: 'freeze',
  stop,
  reason: 'it deletes what it should not',
}

export const matchOrder: Order = {
  ...freezeOrder,
  number: 6,
  stop: {
    ...stop,
    selector: {
      select: 'match',
      products: ['claude-code', 'Home-made agent'],
      users: ['ada', 'ada-admin'],
      executables: ['/home/ada/.local/bin/claude', '/opt/..agents/.bin/...'],
      packages: ['@anthropic-ai/claude-code'],
      workspaces: ['/home/ada/code'],
    },
  },
}

export const releaseOrder: Order = {
  ...order,
  number: 5,
  kind: 'release',
  stop: { id: STOP, by: 'Ada, administrator' },
  reason: 'looked into',
}

/** Of a device with Windows. */
export const suspendOrder: Order = {
  ...freezeOrder,
  number: 8,
  stop: {
    ...stop,
    selector: {
      select: 'match',
      executables: ['C:/Users/ada/AppData/Roaming/npm/node_modules/agent/cli.js'],
      workspaces: ['D:/code'],
    },
  },
}

export const suspendEvidence: Pick<Evidence, 'receipts'> = {
  receipts: [
    {
      order: ORDER,
      number: 8,
      outcome: 'done',
      time: SAMPLE_TIME + 40,
      stop: {
        method: 'suspend',
        agents: [
          {
            agent: '3f'.repeat(16),
            product: 'claude-code',
            user: 'ada',
            processes: [{ pid: 7204, startedAt: SAMPLE_TIME - 60_000, executable: 'C:/Program Files/nodejs/node.exe' }],
          },
        ],
        agentCount: 1,
        processCount: 1,
        confirmedAt: SAMPLE_TIME + 30,
        network: 'open',
        missed: [],
        weaknesses: ['suspend', 'network-open', 'exec-not-held'],
        pausedMs: 0,
      },
    },
  ],
}

const stopEvents: StopEvent[] = [
  {
    kind: 'frozen',
    stop: STOP,
    agent: '3e'.repeat(16),
    product: 'claude-code',
    user: 'ada',
    processes: 1,
    time: SAMPLE_TIME + 900,
  },
  {
    kind: 'released',
    stop: 'local',
    by: 'ada',
    processes: 3,
    reason: 'it goes on',
    time: SAMPLE_TIME + 1_000,
  },
]

export const stopEvidence: Pick<Evidence, 'receipts' | 'stopEvents'> = {
  receipts: [
    {
      order: ORDER,
      number: 4,
      outcome: 'failed',
      code: 'STOP_INCOMPLETE',
      time: SAMPLE_TIME + 20,
      stop: stopReceipt,
    },
  ],
  stopEvents,
}

const CLAIM = 'clm_EBESExQVFhcYGRobHB0eHw'

export const claimEvidence: Pick<Evidence, 'agentClaims'> = {
  agentClaims: [
    {
      id: CLAIM,
      sighting: '3e'.repeat(16),
      product: 'claude-code',
      user: { id: '1000', name: 'ada' },
      purpose: 'refactors the billing service',
      time: SAMPLE_TIME + 2_000,
    },
    {
      id: 'clm_ICEiIyQlJicoKSorLC0uLw',
      sighting: '4d'.repeat(16),
      product: 'Deskbot',
      user: { id: '1001', name: 'bob' },
      byRoot: true,
      purpose: 'tickets',
      name: 'Bob’s helper',
      until: SAMPLE_TIME + 86_400_000,
      time: SAMPLE_TIME + 2_100,
    },
  ],
}

export const tamperEvidence: Pick<Evidence, 'tamperSigns'> = {
  tamperSigns: [
    { kind: 'stopped', time: SAMPLE_TIME, since: SAMPLE_TIME - 3_600_000, durationMs: 3_500_000, cause: 'ended' },
    { kind: 'clock-moved', time: SAMPLE_TIME, since: SAMPLE_TIME + 86_400_000, offByMs: -86_400_000 },
    { kind: 'service-changed', time: SAMPLE_TIME, names: ['/etc/systemd/system/suretyd.service'], nameCount: 1 },
    { kind: 'removed', time: SAMPLE_TIME, by: '0', reason: 'package removed' },
  ],
}

export const welcome: Welcome = {
  type: 'welcome',
  nonce,
  status: 'accepted',
  device: DEVICE,
  epoch: 1,
  tier: 'software',
  sequence: 7,
  head: hashOf('batch 7'),
  time: SAMPLE_TIME,
  order: 2,
  orders: [],
  attestEveryMs: 3_600_000,
}

export const ack: Ack = {
  type: 'ack',
  device: DEVICE,
  epoch: 1,
  sequence: 8,
  head: hashOf('batch 8'),
  time: SAMPLE_TIME,
}

const attestationResult: AttestationResult = {
  verdict: 'not-compliant',
  tier: 'software',
  reasons: [{ check: 'disk.root-encrypted', state: 'fail', reason: 'plain ext4', since: SAMPLE_TIME - 5000 }],
  proven: ['possession of the device key'],
  reported: ['posture findings'],
  attestedAt: SAMPLE_TIME - 1000,
  appraisedAt: SAMPLE_TIME,
  validUntil: SAMPLE_TIME + 3_600_000,
}

export const result: ResultFrame = {
  type: 'result',
  device: DEVICE,
  epoch: 1,
  time: SAMPLE_TIME,
  result: attestationResult,
}

export const resultWithDecisions: ResultFrame = {
  ...result,
  claimDecisions: [
    {
      claim: CLAIM,
      outcome: 'accepted',
      by: 'Grace',
      registration: 'agt_MDEyMzQ1Njc4OTo7PD0-Pw',
      time: SAMPLE_TIME + 3_000,
    },
    {
      claim: 'clm_ICEiIyQlJicoKSorLC0uLw',
      outcome: 'refused',
      by: 'the directory',
      reason: 'the sighting is of another user',
      time: SAMPLE_TIME + 2_200,
    },
  ],
}

export const evidence: Evidence = {
  eat_profile: EVIDENCE_PROFILE,
  sub: DEVICE,
  iat: SAMPLE_TIME / 1000,
  epoch: 1,
  sequence: 8,
  previous: hashOf('batch 7'),
  bootId: '6f1f0d3c-0000-4000-8000-000000000000',
  uptimeMs: 123_456,
  findings: [
    { check: 'disk.root-encrypted', state: 'fail', detail: 'plain ext4' },
    { check: 'boot.secure-boot', state: 'unknown', reason: 'no EFI variables' },
  ],
}
