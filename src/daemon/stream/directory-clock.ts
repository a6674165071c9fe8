import { X509Certificate } from 'node:crypto'
import { request } from 'node:https'
import { checkServerIdentity, TLSSocket } from 'node:tls'
import { parseDirectoryAddress } from './directory-address.ts'

/** The directory's time, asked for when its certificate is not valid by the device's clock. */
interface DirectoryClock {
  /** Milliseconds since 1970, to a second. */
  readonly time: number
  /** The certificate is valid at that time: then the device's clock is wrong, and not the certificate. */
  readonly certificateIsValid: boolean
}

/**
 * Asks a server for its time. The server must hold the key of a certificate that `caCertificate` signed for this host: all of
 * the usual verification except the dates, over TLS 1.3, in which the server signs the handshake. Nothing about the device is
 * sent, and the connection is used for nothing else. The answer only helps to explain the fault to a person: with the stolen
 * key of an old certificate, an attacker could make that person check the clock, and nothing more.
 *
 * @returns undefined when no such server answered.
 */
export async function askDirectoryClock(
  init: { readonly url: string; readonly caCertificate: string },
  { signal }: { signal: AbortSignal },
): Promise<DirectoryClock | undefined> {
  const { host, port, servername } = parseDirectoryAddress(init.url)
  const ca = new X509Certificate(init.caCertificate)
  return await new Promise((resolve, reject) => {
    const sent = request(
      {
        host,
        port,
        ...(servername === undefined ? {} : { servername }),
        method: 'GET',
        path: '/',
        agent: false,
        minVersion: 'TLSv1.3',
        // `verifiedTime` checks everything except the dates.
        rejectUnauthorized: false,
        maxHeaderSize: 4_096,
        signal,
      },
      ({ headers, socket }) => {
        const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
        sent.destroy()
        resolve(certificate === undefined ? undefined : verifiedTime(certificate, ca, servername ?? host, headers.date))
      },
    )
    sent.once('error', () => (signal.aborted ? reject(signal.reason) : resolve(undefined)))
    sent.end()
  })
}

const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1'

function verifiedTime(
  certificate: X509Certificate,
  ca: X509Certificate,
  host: string,
  date: string | undefined,
): DirectoryClock | undefined {
  const time = Date.parse(date ?? '')
  const isSigned = ca.ca && certificate.checkIssued(ca) && certificate.verify(ca.publicKey)
  const isForServers = !certificate.ca && certificate.keyUsage?.includes(SERVER_AUTHENTICATION) === true
  const isForHost = checkServerIdentity(host, certificate.toLegacyObject()) === undefined
  if (Number.isNaN(time) || !isSigned || !isForServers || !isForHost) return undefined
  const isValid = (one: X509Certificate) => one.validFromDate.getTime() <= time && time <= one.validToDate.getTime()
  return { time, certificateIsValid: isValid(certificate) && isValid(ca) }
}
