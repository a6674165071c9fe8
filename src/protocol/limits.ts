import type { JsonLimits } from '../base/json.ts'

/** Every bound of the stream in one place; `docs/protocol.md` prints this table. */
export const LIMITS = {
  /** The hello frame. Bytes. */
  helloBytes: 4 * 1024,
  /** A frame after the hello, before the device is authenticated. Bytes. */
  handshakeFrameBytes: 64 * 1024,
  /** A frame of an authenticated device. Bytes. */
  frameBytes: 1024 * 1024,
  /** To the end of the upgrade; from there to the hello; and with `tpmAllowanceMs` from the challenge to the welcome. */
  handshakeTimeoutMs: 10_000,
  /** What a slow TPM may add to the handshake. */
  tpmAllowanceMs: 20_000,
  /** Sockets that have not authenticated yet: in total, and from one address. */
  pendingSockets: 1_000,
  pendingSocketsPerAddress: 64,
  /** Handshakes of one address whose devices do not authenticate, beyond its first ones. A second. */
  unprovenPerSecond: 20,
  /** A nonce is single use and dies after this time. */
  nonceLifetimeMs: 60_000,
  /** Acknowledgements: at most one a second a device, unless nothing else is on its way to it. */
  ackIntervalMs: 1_000,
  /** Evidence a device may send, sustained and at once. Bytes a second, bytes. */
  evidenceRateBytes: 256 * 1024,
  evidenceBurstBytes: 16 * 1024 * 1024,
  /** What the directory keeps of one device's evidence before it refuses more. Bytes. */
  evidenceQuotaBytes: 1024 * 1024 * 1024,
  /** Items of one batch. */
  findings: 256,
  sightings: 2_000,
  sources: 1_000,
  receipts: 64,
  /** A signed catalogue of agents: one frame. Bytes. */
  catalogueBytes: 768 * 1024,
  /** Pending orders in one welcome. */
  orders: 32,
} as const

/** JSON inside a frame of at most `maxBytes`. */
export function frameJson(maxBytes: number): JsonLimits {
  return { maxBytes, maxDepth: 10, maxMembers: 256 }
}
