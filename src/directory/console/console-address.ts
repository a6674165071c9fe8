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
  /** An ACME server, and where the certificate that it gives is kept. */
  readonly acme?: { readonly url: string; readonly agreeToTerms: boolean; readonly file: string } | undefined
  /** The name of the server in the default of `url`, where the console has a certificate. */
  readonly name: string
}

export interface ConsoleAddress {
  readonly host: string
  readonly port: number
  /** Absent: plain HTTP on loopback. */
  readonly files?: { readonly certificate: string; readonly key: string }
  /** The name for which an ACME server gives the files, which may be absent yet. */
  readonly acmeName?: string
  /** The console is plain HTTP on loopback, and people reach it by HTTPS: what the proxy says of the sender is believed. */
  readonly behindProxy: boolean
  /** The origin of its pages, once the port is known. */
  readonly originAt: (port: number) => string
}

const PUBLIC_NAME = /^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*$/
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/

/**
 * Browsers allow passkeys on a page of HTTPS without a certificate error, and on `http://localhost`. Passkeys and cookies belong to a
 * name, not to an address.
 *
 * @throws `CONFIG_INVALID`.
 */
export function consoleAddress(settings: ConsoleSettings): ConsoleAddress {
  const { host, port, url, certificate, key, name, acme } = settings
  if ((certificate === undefined) !== (key === undefined)) {
    throw invalid(
      `console.${certificate === undefined ? 'certificate' : 'key'} is missing: a certificate and its key are given together`,
    )
  }
  const acmeName = acme === undefined ? undefined : nameForAcme(settings, acme)
  const given = certificate === undefined || key === undefined ? undefined : { certificate, key }
  const files = acme === undefined ? given : { certificate: acme.file, key: acme.file }
  if (files === undefined && !LOOPBACK.test(host)) {
    throw invalid(
      `console.host ${host} is not loopback, and browsers refuse to sign in without TLS: set console.certificate and console.key, or ` +
        'console.acme.url, or leave console.host at 127.0.0.1 and put a proxy before it (docs/admin/console.md)',
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
    ...member('acmeName', acmeName),
    behindProxy: files === undefined && protocol === 'https:',
    originAt,
  }
}

/** @throws `CONFIG_INVALID` for settings with which no ACME server gives a certificate. */
function nameForAcme({ url, certificate }: ConsoleSettings, acme: NonNullable<ConsoleSettings['acme']>): string {
  if (certificate !== undefined) throw invalid('set console.certificate or console.acme.url, not both')
  const server = originOf(acme.url, 'console.acme.url')
  if (server.protocol !== 'https:' && !LOOPBACK.test(server.hostname)) {
    throw invalid('console.acme.url must begin with https://')
  }
  if (!acme.agreeToTerms) {
    throw invalid(`read the terms of service that ${acme.url} links, then set console.acme.agreeToTerms`)
  }
  if (url === undefined)
    throw invalid('console.acme.url needs console.url: the ACME server looks for the console there')
  const { protocol, hostname } = originOf(url)
  if (protocol !== 'https:') throw invalid('console.acme.url needs a console.url that begins with https://')
  if (!PUBLIC_NAME.test(hostname) || hostname.endsWith('.localhost')) {
    throw invalid(`no ACME server gives a certificate for ${hostname}: console.url needs a name of DNS with a dot`)
  }
  return hostname
}

/** @throws `CONFIG_INVALID`. */
function originOf(url: string, setting = 'console.url'): URL {
  try {
    return new URL(url)
  } catch {
    throw invalid(`${setting}: ${url} is not the address of a server`)
  }
}

function invalid(message: string): SuretyError {
  return new SuretyError('CONFIG_INVALID', message)
}
