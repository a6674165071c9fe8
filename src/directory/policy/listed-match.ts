import { asObject } from '../../base/json-object.ts'

/** A rule or a group with lists in its `match` where a person may write one word. */
export function listedMatch(value: unknown): unknown {
  const group = asObject(value)
  if (!Object.hasOwn(group, 'match')) return value
  const match = asObject(group.match)
  if (match !== group.match) return value
  const list = (one: unknown) => (typeof one === 'string' ? [one] : one)
  const entries = Object.entries(match).map(([name, one]) => {
    const isMap = name === 'label' && asObject(one) === one
    return [
      name,
      isMap ? Object.fromEntries(Object.entries(asObject(one)).map(([key, v]) => [key, list(v)])) : list(one),
    ]
  })
  return { ...group, match: Object.fromEntries(entries) }
}
