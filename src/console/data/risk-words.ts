import type { Risk } from '../../protocol/risks.ts'

/** Risks of what is seen, in a few words. */
export const RISK_WORDS: Readonly<Record<Risk, string>> = {
  'secret-in-file': 'secret in clear text',
  'configuration-writable': 'others can change its settings',
  'program-writable': 'others can change its program',
  'no-tls': 'no TLS',
  'started-by-shell': 'started by a shell',
  'not-pinned': 'version not pinned',
  'hook-runs-download': 'hook runs a download',
  'text-runs-download': 'text runs a download',
  'invisible-text': 'invisible text',
  'file-writable': 'others can change the file',
  'open-to-network': 'open to the network',
  autonomous: 'acts without asking',
  discontinued: 'discontinued',
  'reads-every-site': 'reads every site',
  'drives-browser': 'drives the browser',
  'not-from-store': 'not from the store',
}
