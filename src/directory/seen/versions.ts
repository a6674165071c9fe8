/** Versions as registrations name them: `2.1.4`, or a range such as `>=2.1 <3`. Parts compare as numbers. */

const COMPARISON = /^(>=|<=|>|<)(\d+(?:\.\d+)*)/

export function isInVersions(version: string, ranges: readonly string[]): boolean {
  return ranges.some((range) => isEqual(version, range) || isInRange(version, range))
}

/** `2.1` is `2.1.0`. A pre-release is equal to nothing else. */
function isEqual(version: string, other: string): boolean {
  if (version === other) return true
  if (![version, other].every((one) => /^v?\d+(\.\d+)*$/.test(one))) return false
  return compare(partsOf(version) ?? [], partsOf(other) ?? []) === 0
}

function isInRange(version: string, range: string): boolean {
  const parts = partsOf(version)
  return parts !== undefined && range.split(' ').every((one) => holds(parts, one))
}

function holds(version: readonly number[], comparison: string): boolean {
  const [, operator, wanted] = COMPARISON.exec(comparison) ?? []
  const order = wanted === undefined ? Number.NaN : compare(version, partsOf(wanted) ?? [])
  switch (operator) {
    case '>=':
      return order >= 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '<':
      return order < 0
    default:
      return false
  }
}

/** The numbers that a version begins with. A pre-release counts as its release. */
function partsOf(version: string): readonly number[] | undefined {
  const [, numbers] = /^v?(\d+(?:\.\d+)*)/.exec(version) ?? []
  return numbers?.split('.').map(Number)
}

/** Missing parts count as 0. */
function compare(one: readonly number[], other: readonly number[]): number {
  for (let at = 0; at < Math.max(one.length, other.length); at++) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
