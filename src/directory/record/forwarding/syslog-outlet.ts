import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { type ConnectionOptions, connect } from 'node:tls'
import { describeError } from '../../../base/errors.ts'
import type { Forwarded, Outlet } from './outlet.ts'

const WITHIN_MS = 30_000
/** `log audit` of RFC 5424. */
const FACILITY = 13
const SEVERITIES = { Informational: 6, Medium: 4, High: 3 } as const
const MOST_MSGID = 32

interface SyslogInit {
  readonly name: string
  readonly server: string
  readonly port: number
  /** Path of certificates in PEM. Absent: those that Node trusts. */
  readonly ca: string | undefined
  /** The name of this machine. */
  readonly host: string
}

/**
 * Syslog over TLS: RFC 5424 messages in the frames of RFC 5425. Syslog has no acknowledgement. So each batch has a connection of its
 * own, and counts as taken when the receiver closes it without an error after the last byte was sent. What a receiver loses that
 * fails just then is lost.
 */
export function syslogOutlet({ name, server, port, ca, host }: SyslogInit): Outlet {
  return {
    name,
    kind: 'syslog',
    target: `${isIP(server) === 6 ? `[${server}]` : server}:${port}`,
    async send(entries, signal) {
      const until = AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)])
      try {
        const trusted = ca === undefined ? {} : { ca: await readFile(ca, 'utf8') }
        const options = { host: server, port, ...trusted, ...(isIP(server) === 0 ? { servername: server } : {}) }
        await sendAll(options, entries.map((entry) => frame(entry, host)).join(''), until)
        return { delivered: true }
      } catch (error) {
        const late = `the receiver did not read to the end within ${WITHIN_MS / 1000} s`
        return { delivered: false, problem: until.aborted ? late : describeError(error).slice(0, 500) }
      }
    },
  }
}

async function sendAll(options: ConnectionOptions, text: string, signal: AbortSignal): Promise<void> {
  const socket = connect(options)
  const stop = () => socket.destroy(new Error('aborted'))
  signal.addEventListener('abort', stop, { once: true })
  try {
    await once(socket, 'secureConnect')
    let isSent = false
    const ended = once(socket, 'end')
    socket.resume()
    socket.end(text, () => {
      isSent = true
    })
    await ended
    if (!isSent) throw new Error('the receiver closed the connection before it had all')
  } finally {
    signal.removeEventListener('abort', stop)
    socket.destroy()
  }
}

/** The length in bytes, a blank, and the message. */
function frame({ time, act, severity, json }: Forwarded, host: string): string {
  const priority = FACILITY * 8 + SEVERITIES[severity]
  const header = `<${priority}>1 ${new Date(time).toISOString()} ${host} surety-directory - ${act.slice(0, MOST_MSGID)}`
  const message = `${header} - ${json}`
  return `${Buffer.byteLength(message)} ${message}`
}
