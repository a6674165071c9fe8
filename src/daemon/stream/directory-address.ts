import { isIP } from 'node:net'

export interface DirectoryAddress {
  readonly host: string
  readonly port: number
  /** For SNI; undefined for an IP address, which has none. */
  readonly servername: string | undefined
}

/** @param url `wss://host:port`, as the schema of pins has it. */
export function addressOf(url: string): DirectoryAddress {
  const { hostname, port } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  return { host, port: port === '' ? 443 : Number(port), servername: isIP(host) === 0 ? host : undefined }
}
