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
