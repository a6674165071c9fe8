import type { TpmTransport } from '../../../../src/keys/tpm/transport/tpm-transport.ts'

/** Changes commands and responses between the client and the TPM. */
export interface Interception {
  command?(code: number, bytes: Uint8Array): void
  /** Returns the response. `ask` gets it from the TPM. */
  response?(code: number, ask: () => Promise<Uint8Array>): Promise<Uint8Array>
}

export function intercepted(transport: TpmTransport, interception: Interception): TpmTransport {
  return {
    kind: transport.kind,
    get generation() {
      return transport.generation
    },
    async transmit(command, options) {
      const code = new DataView(command.buffer, command.byteOffset).getUint32(6)
      interception.command?.(code, command)
      const ask = () => transport.transmit(command, options)
      return await (interception.response?.(code, ask) ?? ask())
    },
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  }
}

/** A response with only this code. */
export function responseOf(responseCode: number): Uint8Array {
  const bytes = new Uint8Array(10)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, 0x8001)
  view.setUint32(2, 10)
  view.setUint32(6, responseCode)
  return bytes
}

export const CODE = {
  certify: 0x148,
  create: 0x153,
  quote: 0x158,
  sign: 0x15d,
  getCapability: 0x17a,
  pcrRead: 0x17e,
} as const
