/** What of a sighting a person should look at. `src/view/sightings/risks.ts` says when each holds. The order never changes. */
export const RISKS = [
  'secret-in-file',
  'configuration-writable',
  'program-writable',
  'no-tls',
  'started-by-shell',
  'not-pinned',
  'hook-runs-download',
  'text-runs-download',
  'invisible-text',
  'file-writable',
  'open-to-network',
  'autonomous',
  'discontinued',
  'reads-every-site',
  'drives-browser',
  'not-from-store',
] as const
export type Risk = (typeof RISKS)[number]

/** Two or three words for the column of a table. */
export const RISK_WORDS: Readonly<Record<Risk, string>> = {
  'secret-in-file': 'secret in the file',
  'configuration-writable': 'writable by others',
  'program-writable': 'program writable by others',
  'no-tls': 'no TLS',
  'started-by-shell': 'started by a shell',
  'not-pinned': 'version not pinned',
  'hook-runs-download': 'runs a download',
  'text-runs-download': 'runs a download',
  'invisible-text': 'invisible characters',
  'file-writable': 'writable by others',
  'open-to-network': 'reachable from other machines',
  autonomous: 'acts without asking',
  discontinued: 'discontinued',
  'reads-every-site': 'reads every site',
  'drives-browser': 'drives the browser',
  'not-from-store': 'not from a store',
}
