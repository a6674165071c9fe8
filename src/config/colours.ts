/** False if `NO_COLOR` (no-color.org) is set and not empty, or `TERM` is `dumb`. */
export function coloursWanted(environment: Readonly<Record<string, string | undefined>> = process.env): boolean {
  return (environment.NO_COLOR ?? '') === '' && environment.TERM !== 'dumb'
}
