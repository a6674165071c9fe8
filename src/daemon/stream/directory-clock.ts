import { X509Certificate } from 'node:crypto'
import { request } from 'node:https'
import { checkServerIdentity, TLSSocket } from 'node:tls'
import { addressOf } from './directory-address.ts'

/** What the directory's clock says, where its certificate does not hold at the time of ours. */
interface DirectoryClock {
  /** Milliseconds since 1970, to a second. */
  readonly time: number
  /** The certificate holds at that time: if the two clocks differ, then it is the clock that is wrong. */
  readonly certificateHolds: boolean
}

/**
 * Asks the time of whoever holds the key of a certificate that `caCertificate` signed for this host: all of the usual
 * verification but the dates, over TLS 1.3, in which the server signs the handshake. Nothing of ours is sent and the
 * connection is used for nothing else: the answer only tells a person what is wrong. A thief of an old certificate's
 * key could lie, and gain that the person looks at the clock.
 *
 * @returns undefined when nobody fit to answer did.
 */
export async function askDirectoryClock(
  init: { readonly url: string; readonly caCertificate: string },
  { signal }: { signal: AbortSignal },
): Promise<DirectoryClock | undefined> {
  const { host, port, servername } = addressOf(init.url)
  const ca = new X509Certificate(init.caCertificate)
  return await new Promise((resolve, reject) => {
    const asked = request(
      {
        host,
        port,
        ...(servername === undefined ? {} : { servername }),
        method: 'GET',
        path: '/',
        agent: false,
        minVersion: 'TLSv1.3',
        // Everything but the dates is verified below.
        rejectUnauthorized: false,
        maxHeaderSize: 4_096,
        signal,
      },
      ({ headers, socket }) => {
        const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
        asked.destroy()
        resolve(certificate === undefined ? undefined : judge(certificate, ca, servername ?? host, headers.date))
      },
    )
    asked.once('error', () => (signal.aborted ? reject(signal.reason) : resolve(undefined)))
    asked.end()
  })
}

const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1'

function judge(
  certificate: X509Certificate,
  ca: X509Certificate,
  host: string,
  date: string | undefined,
): DirectoryClock | undefined {
  const time = Date.parse(date ?? '')
  const signed = ca.ca && certificate.checkIssued(ca) && certificate.verify(ca.publicKey)
  const forServers = !certificate.ca && certificate.keyUsage?.includes(SERVER_AUTHENTICATION) === true
  const named = checkServerIdentity(host, certificate.toLegacyObject()) === undefined
  if (Number.isNaN(time) || !signed || !forServers || !named) return undefined
  const holds = (one: X509Certificate) => one.validFromDate.getTime() <= time && time <= one.validToDate.getTime()
  return { time, certificateHolds: holds(certificate) && holds(ca) }
}
