import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isoCBOR } from '@simplewebauthn/server/helpers'

/** An authenticator without a browser: P-256 keys that belong to one origin. What real ones do is tested in Chromium. */

export interface Ceremony {
  readonly challenge: string
}

/** A COSE_Key, by its labels. */
export function coseKey(members: readonly (readonly [number, number | string])[]): Uint8Array {
  const bytes = members.map(([label, value]): [number, number | Uint8Array] => [
    label,
    typeof value === 'number' ? value : new Uint8Array(Buffer.from(value, 'base64url')),
  ])
  return isoCBOR.encode(new Map(bytes))
}

const USER_PRESENT_AND_VERIFIED = 0x05
const HAS_KEY = 0x40

export function softwarePasskey(origin: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = randomBytes(16)
  let counter = 0
  const authenticatorData = (flags: number, more = Buffer.alloc(0)) => {
    const head = Buffer.alloc(5)
    head.writeUInt8(flags)
    head.writeUInt32BE(++counter, 1)
    return Buffer.concat([sha256(Buffer.from(new URL(origin).hostname)), head, more])
  }
  const clientData = (type: string, { challenge }: Ceremony) =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))
  const credential = (response: object) => ({
    id: id.toString('base64url'),
    rawId: id.toString('base64url'),
    type: 'public-key',
    clientExtensionResults: {},
    response,
  })
  return {
    create(publicKeyOptions: Ceremony) {
      const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
      const key = coseKey([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, x],
        [-3, y],
      ])
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, key])
      const authData = new Uint8Array(authenticatorData(USER_PRESENT_AND_VERIFIED | HAS_KEY, attested))
      const object = new Map<string, string | Uint8Array | Map<string, string>>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', authData],
      ])
      return credential({
        clientDataJSON: clientData('webauthn.create', publicKeyOptions).toString('base64url'),
        attestationObject: Buffer.from(isoCBOR.encode(object)).toString('base64url'),
      })
    },
    /** @param flags of the authenticator data. Absent: the person was there and was verified. */
    show(publicKeyOptions: Ceremony, flags: number = USER_PRESENT_AND_VERIFIED) {
      const client = clientData('webauthn.get', publicKeyOptions)
      const data = authenticatorData(flags)
      return credential({
        clientDataJSON: client.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: sign('sha256', Buffer.concat([data, sha256(client)]), privateKey).toString('base64url'),
      })
    },
  }
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}
