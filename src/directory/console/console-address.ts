import { isIP } from 'node:net'
import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'

/** Where the console listens, and the address that people use. */

export interface ConsoleSettings {
  readonly host: string
  readonly port: number
  readonly url?: string | undefined
  /** Paths of PEM files. */
  readonly certificate?: string | undefined
  readonly key?: string | undefined
  /** The name of the server in the default of `url`, where the console has a certificate. */
  readonly name: string
}

export interface ConsoleAddress {
  readonly host: string
  readonly port: number
  /** Absent: plain HTTP on loopback. */
  readonly files?: { readonly certificate: string; readonly key: string }
  /** The console is plain HTTP on loopback, and people reach it by HTTPS: what the proxy says of the sender is believed. */
  readonly behindProxy: boolean
  /** The origin of its pages, once the port is known. */
  readonly originAt: (port: number) => string
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/

/**
 * Browsers allow passkeys on a page of HTTPS without a certificate error, and on `http://localhost`. Passkeys and cookies belong to a
 * name, not to an address.
 *
 * @throws `CONFIG_INVALID`.
 */
export function consoleAddress({ host, port, url, certificate, key, name }: ConsoleSettings): ConsoleAddress {
  if ((certificate === undefined) !== (key === undefined)) {
    throw invalid(
      `console.${certificate === undefined ? 'certificate' : 'key'} is missing: a certificate and its key are given together`,
    )
  }
  const files = certificate === undefined || key === undefined ? undefined : { certificate, key }
  if (files === undefined && !LOOPBACK.test(host)) {
    throw invalid(
      `console.host ${host} is not loopback, and browsers refuse to sign in without TLS: set console.certificate and console.key, or ` +
        'leave console.host at 127.0.0.1 and put a proxy before it (docs/admin/console.md)',
    )
  }
  const isLocal = files === undefined && url === undefined
  const originAt = (at: number) => url ?? (isLocal ? `http://localhost:${at}` : `https://${name}:${at}`)
  const { protocol, hostname, origin } = originOf(originAt(port))
  if (url !== undefined && origin !== url) throw invalid(`console.url: write it as ${origin}`)
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) {
    throw invalid(`console.url needs a name, since passkeys belong to one: ${hostname} is an address`)
  }
  if (protocol === 'http:' && (files !== undefined || hostname !== 'localhost')) {
    throw invalid(
      'console.url must begin with https://: browsers allow to sign in without TLS on http://localhost only',
    )
  }
  return {
    host,
    port,
    ...member('files', files),
    behindProxy: files === undefined && protocol === 'https:',
    originAt,
  }
}

/** @throws `CONFIG_INVALID`. */
function originOf(url: string): URL {
  try {
    return new URL(url)
  } catch {
    throw invalid(`console.url: ${url} is not the address of a server`)
  }
}

function invalid(message: string): SuretyError {
  return new SuretyError('CONFIG_INVALID', message)
}
