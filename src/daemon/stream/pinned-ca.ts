import { X509Certificate } from 'node:crypto'
import { connect, type DetailedPeerCertificate } from 'node:tls'
import { toBase64Url } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { sha256 } from '../../crypto/hash.ts'
import { addressOf } from './directory-address.ts'
import { connectionError } from './tls-errors.ts'

const MAX_CHAIN = 8

/**
 * First contact: looks in the chain the server presents for the CA certificate whose key has the pinned hash. Nothing
 * is sent and nothing else is believed; the connection is closed. Only TLS verification against the result counts.
 *
 * @returns the certificate, PEM.
 * @throws `PIN_MISMATCH` when it is not there, `DIRECTORY_UNREACHABLE`.
 */
export async function fetchPinnedCa(
  pins: { readonly url: string; readonly ca: string },
  { signal }: { signal: AbortSignal },
): Promise<string> {
  const chain = await presentedChain(pins.url, signal)
  const pinned = chain.find((certificate) => certificate.ca && keyHashOf(certificate) === pins.ca)
  if (pinned === undefined) {
    throw new SuretyError('PIN_MISMATCH', 'no certificate of the server holds the pinned key of the directory')
  }
  return pinned.toString()
}

function keyHashOf(certificate: X509Certificate): string {
  return toBase64Url(sha256(certificate.publicKey.export({ type: 'spki', format: 'der' })))
}

function presentedChain(url: string, signal: AbortSignal): Promise<readonly X509Certificate[]> {
  const { host, port, servername } = addressOf(url)
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const socket = connect({
      host,
      port,
      ...(servername === undefined ? {} : { servername }),
      minVersion: 'TLSv1.3',
      // The pin decides, not the system's trust store; see above.
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
      reject(connectionError(error))
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
