import { fromBase64Url, toBase64Url } from '../../../src/base/bytes.ts'
import { bindingOf } from '../../../src/crypto/binding.ts'
import { sha256, ZERO_HASH } from '../../../src/crypto/hash.ts'
import { signJws } from '../../../src/crypto/jws.ts'
import type { Directory } from '../../../src/directory/directory.ts'
import type { Attestor, DeviceKey } from '../../../src/keys/provider/key-provider.ts'
import type { Attestation, Challenge, Credential } from '../../../src/protocol/messages/frames.ts'
import type { JwsKind } from '../../../src/protocol/messages/jws-types.ts'
import { ScriptedDevice, type Wire, ZEROS } from '../directory/scripted-device.ts'

/** A scripted device whose keys are in a TPM. */
export class TpmDevice extends ScriptedDevice {
  readonly attestor: Attestor
  readonly key: DeviceKey

  constructor(directory: Directory, attestor: Attestor, key: DeviceKey) {
    super({ url: directory.devicesUrl, ca: directory.caCertificate, pins: directory.pins })
    this.attestor = attestor
    this.key = key
  }

  override sign(kind: JwsKind, payload: object): Promise<string> {
    return signJws(kind, payload, (message) => this.key.sign(message))
  }

  async tpmAttestation(challenge: Challenge, wire: Pick<Wire, 'exporter'>, enrol: boolean): Promise<Attestation> {
    const bytes = (text: string) => fromBase64Url(text) ?? new Uint8Array()
    const { epoch, sequence, head } = enrol ? { epoch: 0, sequence: 0, head: ZEROS } : this
    const purpose = enrol ? 'enrol' : 'attest'
    const binding = bindingOf({
      purpose,
      nonce: bytes(challenge.nonce),
      epoch,
      sequence,
      posture: ZERO_HASH,
      exporter: challenge.channelBinding === 'required' ? wire.exporter() : ZERO_HASH,
      directoryCa: bytes(this.init.pins.ca),
      subject: sha256(enrol ? this.attestor.endorsementPublic : (this.id ?? '')),
      head: bytes(head),
    })
    const label = { hostname: 'laptop', platform: 'linux' as const, arch: 'x64' }
    return {
      type: 'attestation',
      purpose,
      nonce: challenge.nonce,
      binding: toBase64Url(binding),
      epoch,
      sequence,
      head,
      posture: ZEROS,
      quote: await this.attestor.quote(binding, challenge.pcrs),
      ...(enrol ? { enrolment: await this.attestor.enrolmentClaim(binding), label } : { device: this.id ?? '' }),
    }
  }

  /** What the TPM makes of a credential. */
  async activationOf(credential: Credential): Promise<object> {
    const secret = await this.attestor.activateCredential({
      credentialBlob: fromBase64Url(credential.credentialBlob) ?? new Uint8Array(),
      encryptedSecret: fromBase64Url(credential.encryptedSecret) ?? new Uint8Array(),
    })
    return { type: 'activation', nonce: credential.nonce, secret: toBase64Url(secret) }
  }

  async credential(wire: Wire): Promise<Credential> {
    return (await wire.nextOf('credential')).payload as unknown as Credential // its kind was read
  }

  /** Up to what follows the activation. */
  async enrolTpm(enrolment: string, spoil: (activation: object) => object = (honest) => honest): Promise<Wire> {
    const wire = await this.dial()
    wire.send(this.helloToken(enrolment))
    const challenge = await this.challenge(wire)
    wire.send(await this.sign('attestation', await this.tpmAttestation(challenge, wire, true)))
    wire.send(await this.sign('activation', spoil(await this.activationOf(await this.credential(wire)))))
    return wire
  }

  async connectTpm(): Promise<Wire> {
    const wire = await this.dial()
    wire.send(this.hello())
    wire.send(await this.sign('attestation', await this.tpmAttestation(await this.challenge(wire), wire, false)))
    return wire
  }
}
