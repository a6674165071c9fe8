/** SQL of a number with the order of versions, for one of three numbers below 100,000. NULL stays NULL. */
export function versionNumberSql(version: string): string {
  const afterDot = (text: string) => `substr(${text}, instr(${text}, '.') + 1)`
  const minor = afterDot(version)
  const number = (text: string) => `CAST(${text} AS INTEGER)`
  return `(${number(version)} * 10000000000 + ${number(minor)} * 100000 + ${number(afterDot(minor))})`
}

/** The numbers from the first to the last version that begins with these one to three numbers. */
export function versionNumbers(beginning: string): readonly [first: number, last: number] {
  const numbers = beginning.split('.').map(Number)
  const numberOf = (missing: number) => [0, 1, 2].reduce((sum, at) => sum * 100_000 + (numbers[at] ?? missing), 0)
  return [numberOf(0), numberOf(99_999)]
}
