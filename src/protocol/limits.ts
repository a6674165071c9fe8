import type { JsonLimits } from '../base/json.ts'

/** All bounds of the stream. `docs/protocol.md` has the same table. */
export const LIMITS = {
  /** The hello frame. Bytes. */
  helloBytes: 4 * 1024,
  /** A frame after the hello, before the device is authenticated. Bytes. */
  handshakeFrameBytes: 64 * 1024,
  /** A frame of an authenticated device. Bytes. */
  frameBytes: 1024 * 1024,
  /** Time to the end of the upgrade, from there to the hello, and, plus `tpmAllowanceMs`, from the challenge to the welcome. */
  handshakeTimeoutMs: 10_000,
  /** Time that a slow TPM may add to the handshake. */
  tpmAllowanceMs: 20_000,
  /** Sockets that have not authenticated yet, in total and from one address. */
  pendingSockets: 1_000,
  pendingSocketsPerAddress: 64,
  /** Answers with files of the update repository at once, in total and to one address. Their sockets are not pending. */
  downloads: 128,
  downloadsPerAddress: 64,
  /** Handshakes per second from one address that end without authentication, beyond the first ones. */
  unprovenPerSecond: 20,
  /** A nonce is valid once, and for this time. */
  nonceLifetimeMs: 60_000,
  /** Time between acknowledgements to one device, unless nothing else is on its way to it. */
  ackIntervalMs: 1_000,
  /** Evidence that a device may send: bytes per second in the long run, and bytes at once. */
  evidenceRateBytes: 256 * 1024,
  evidenceBurstBytes: 16 * 1024 * 1024,
  /** Evidence of one device that the directory stores before it refuses more. Bytes. */
  evidenceQuotaBytes: 1024 * 1024 * 1024,
  /** Items of one batch. */
  findings: 256,
  sightings: 2_000,
  sources: 1_000,
  receipts: 64,
  stopEvents: 64,
  agentClaims: 64,
  tamperSigns: 32,
  logFaults: 16,
  actions: 256,
  approvalRequests: 32,
  /** The canonical JSON of an action that waits for a person. UTF-16 code units. */
  actionCharacters: 16_000,
  /** A signed catalogue of agents, which is one frame. Bytes. */
  catalogueBytes: 768 * 1024,
  /** A signed policy of the gate, which is one frame. Bytes. */
  gatePolicyBytes: 768 * 1024,
  /** The selector of a stop, as JSON. Bytes. */
  selectorBytes: 16 * 1024,
  /** A signed order. Bytes. */
  orderBytes: 32 * 1024,
  /** Pending orders in one welcome. */
  orders: 32,
  /** How far a hello or a welcome may raise the other side's newest order number. */
  orderRise: 1_000_000,
} as const

/** Limits for the JSON of a frame. */
export function frameJson(maxBytes: number): JsonLimits {
  return { maxBytes, maxDepth: 10, maxMembers: 256 }
}
