import { isIP, Socket } from 'node:net'
import { createTransport } from 'nodemailer'
import { orAborted } from '../../base/clock.ts'
import { describeError } from '../../base/errors.ts'
import { type Medium, moreOf, type Outgoing, type SendOutcome, TEST_TEXT, urlOf } from './media.ts'
import type { MessageSection } from './things.ts'

/** Mail by a server of the organisation. */

export interface MailSettings {
  readonly host: string
  readonly port: number
  /** `off`: in clear, which is for this machine. */
  readonly tls: 'starttls' | 'implicit' | 'off'
  readonly from: string
  readonly login?: { readonly user: string; readonly password: string } | undefined
  /** PEM: the only certificates that are trusted. Absent: those of the runtime. */
  readonly ca?: string | undefined
}

export interface MailInit {
  /** For connection, TLS and message together. */
  readonly timeoutMs: number
}

const SENDER = 'Surety'

export function mail(settings: MailSettings, { timeoutMs }: MailInit): Medium {
  const { host, port, tls } = settings
  const name = isIP(host) === 6 ? `[${host}]` : host
  return {
    server: `${tls === 'implicit' ? 'smtps' : 'smtp'}://${name}:${port}`,
    async send(message, signal) {
      const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
      const socket = new Socket()
      try {
        await orAborted(sendBy(socket, settings, message), until)
        return { delivered: true }
      } catch (error) {
        if (!until.aborted) return refusalOf(error)
        return {
          delivered: false,
          problem: signal.aborted ? 'the directory ends' : `not taken within ${timeoutMs / 1000} s`,
        }
      } finally {
        // A server that never answers would keep it open.
        socket.destroy()
      }
    },
  }
}

async function sendBy(
  socket: Socket,
  { host, port, tls, from, login, ca }: MailSettings,
  { id, content, origin, address = '' }: Outgoing,
): Promise<void> {
  const transport = createTransport({
    host,
    port,
    socket,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'off',
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(login === undefined ? {} : { auth: { user: login.user, pass: login.password } }),
    ...(ca === undefined ? {} : { tls: { ca } }),
  })
  await transport.sendMail({
    // The same at each attempt: a mail program shows it once.
    messageId: `<${id}@${from.slice(from.lastIndexOf('@') + 1)}>`,
    from: { name: SENDER, address: from },
    to: { name: '', address },
    envelope: { from, to: [address] },
    subject: content.subject,
    text: mailText({ content, origin }),
    html: mailHtml({ content, origin }),
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
  })
}

/** A server that refuses the address for good refuses only this message. */
function refusalOf(error: unknown): SendOutcome {
  const { command, responseCode } = Object(error)
  const problem = describeError(error).slice(0, 500)
  if (command !== 'RCPT TO' || typeof responseCode !== 'number') return { delivered: false, problem }
  return { delivered: false, problem, onlyThis: true, isFinal: responseCode >= 500 }
}

const FOOTER = 'Which mail you get is set here: '
const PREFERENCE = '/settings'

export function mailText({ content: { sections }, origin }: Pick<Outgoing, 'content' | 'origin'>): string {
  const parts = sections.map((section) => {
    const lines = section.lines.map(({ text, path }) => `- ${text}\n  ${urlOf({ origin }, path)}\n`)
    return `${section.title}\n\n${lines.join('')}${after(section, (more, path) => `${more}: ${urlOf({ origin }, path)}\n`)}`
  })
  return `${parts.length === 0 ? `${TEST_TEXT}\n` : parts.join('\n')}\n--\n${FOOTER}${urlOf({ origin }, PREFERENCE)}\n`
}

export function mailHtml({ content: { subject, sections }, origin }: Pick<Outgoing, 'content' | 'origin'>): string {
  const link = (path: string, text: string) => `<a href="${escaped(urlOf({ origin }, path))}">${escaped(text)}</a>`
  const parts = sections.map((section) => {
    const lines = section.lines.map(({ text, path }) => `<li>${link(path, text)}</li>`)
    const more = after(section, (text, path) => `<p>${link(path, text)}</p>\n`)
    return `<h2>${escaped(section.title)}</h2>\n<ul>\n${lines.join('\n')}\n</ul>\n${more}`
  })
  const body = parts.length === 0 ? `<p>${TEST_TEXT}</p>\n` : parts.join('')
  return (
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${escaped(subject)}</title></head>\n<body>\n` +
    `${body}<hr>\n<p>${escaped(FOOTER)}${link(PREFERENCE, urlOf({ origin }, PREFERENCE))}</p>\n</body></html>\n`
  )
}

function after(section: MessageSection, write: (more: string, path: string) => string): string {
  const more = moreOf(section)
  return more === undefined ? '' : write(more, section.path)
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}
