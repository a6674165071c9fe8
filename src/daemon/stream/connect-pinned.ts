import { X509Certificate } from 'node:crypto'
import { connect, type DetailedPeerCertificate } from 'node:tls'
import { toBase64Url } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { codeOf, SuretyError } from '../../base/errors.ts'
import { sha256 } from '../../crypto/hash.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { describeOffset } from '../clock/clock-check.ts'
import type { Identity } from '../state/identity.ts'
import type { Connect, ConnectInit, Connection } from './connection.ts'
import { deadline } from './deadline.ts'
import { parseDirectoryAddress } from './directory-address.ts'
import { askDirectoryClock } from './directory-clock.ts'
import type { DirectoryKeysComponents } from './directory-keys.ts'
import { connectionError } from './tls-errors.ts'

/** Connections to a directory whose CA key is pinned. */
export interface ConnectPinnedComponents extends Pick<DirectoryKeysComponents, 'onTime'> {
  readonly clock: Pick<Clock, 'now'>
  readonly connect: Connect
}

/**
 * Connects with the CA certificate that is known. If the directory has issued a new one with the pinned key, connects with
 * that.
 *
 * @throws as `connectPinned`.
 */
export async function reconnectPinned(
  components: ConnectPinnedComponents,
  { pins, caCertificate }: Pick<Identity, 'pins' | 'caCertificate'>,
  { signal }: { signal: AbortSignal },
): Promise<{ readonly connection: Connection; readonly caCertificate: string }> {
  const { url } = pins
  try {
    return { connection: await connectPinned(components, { url, caCertificate }, { signal }), caCertificate }
  } catch (error) {
    if (!String(codeOf(error)).startsWith('CERTIFICATE_')) throw error
    const presented = await fetchPinnedCa(pins, { signal: deadline(signal, LIMITS.handshakeTimeoutMs) })
    if (presented === caCertificate) throw error
    return {
      connection: await connectPinned(components, { url, caCertificate: presented }, { signal }),
      caCertificate: presented,
    }
  }
}

/**
 * Connects.
 *
 * @throws as `Connect`, and `CLOCK_OFF` instead of `CERTIFICATE_EXPIRED` when the device's own clock is wrong. The dates of a
 * certificate are never ignored.
 */
export async function connectPinned(
  components: ConnectPinnedComponents,
  init: ConnectInit,
  { signal }: { signal: AbortSignal },
): Promise<Connection> {
  try {
    return await components.connect(init, { signal })
  } catch (error) {
    if (codeOf(error) !== 'CERTIFICATE_EXPIRED') throw error
    const answer = await askDirectoryClock(init, { signal: deadline(signal, LIMITS.handshakeTimeoutMs) })
    if (answer === undefined || !answer.certificateIsValid) throw error
    components.onTime?.(answer.time)
    const offset = describeOffset(components.clock.now() - answer.time)
    throw new SuretyError('CLOCK_OFF', `the clock of this device is ${offset} the directory's: set it`, {
      cause: error,
    })
  }
}

const MAX_CHAIN = 8

/**
 * First contact: finds the CA certificate with the pinned key in the chain that the server presents. Nothing is sent, nothing
 * else of the server is trusted, and the connection is closed. Later connections verify TLS against this certificate.
 *
 * @returns the certificate, PEM.
 * @throws `PIN_MISMATCH` when no certificate has the pinned key; `DIRECTORY_UNREACHABLE`.
 */
export async function fetchPinnedCa(
  pins: { readonly url: string; readonly ca: string },
  { signal }: { signal: AbortSignal },
): Promise<string> {
  const chain = await presentedChain(pins.url, signal)
  const pinned = chain.find((certificate) => certificate.ca && keyHashOf(certificate) === pins.ca)
  if (pinned === undefined) {
    throw new SuretyError('PIN_MISMATCH', 'no certificate of the server has the pinned key of the directory')
  }
  return pinned.toString()
}

function keyHashOf(certificate: X509Certificate): string {
  return toBase64Url(sha256(certificate.publicKey.export({ type: 'spki', format: 'der' })))
}

function presentedChain(url: string, signal: AbortSignal): Promise<readonly X509Certificate[]> {
  const { host, port, servername } = parseDirectoryAddress(url)
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const socket = connect({
      host,
      port,
      ...(servername === undefined ? {} : { servername }),
      minVersion: 'TLSv1.3',
      // The pin decides, not the system's trust store.
      rejectUnauthorized: false,
    })
    const end = () => {
      signal.removeEventListener('abort', abort)
      socket.destroy()
    }
    const abort = () => {
      end()
      reject(signal.reason)
    }
    signal.addEventListener('abort', abort, { once: true })
    socket.once('error', (error) => {
      end()
      reject(connectionError(error, url))
    })
    socket.once('secureConnect', () => {
      try {
        resolve(chainOf(socket.getPeerCertificate(true)))
      } catch (cause) {
        reject(new SuretyError('CERTIFICATE_MALFORMED', 'the server presents a damaged certificate', { cause }))
      } finally {
        end()
      }
    })
  })
}

function chainOf(leaf: DetailedPeerCertificate): readonly X509Certificate[] {
  const chain: X509Certificate[] = []
  let at: DetailedPeerCertificate | undefined = leaf
  while (at?.raw !== undefined && chain.length < MAX_CHAIN) {
    const certificate = new X509Certificate(at.raw)
    if (chain.at(-1)?.fingerprint256 === certificate.fingerprint256) break
    chain.push(certificate)
    at = at.issuerCertificate
  }
  return chain
}
