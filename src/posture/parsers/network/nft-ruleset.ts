import { parseJson } from '../../../base/json.ts'

/** The parts of `nft -j list ruleset` that decide what may come in. See libnftables-json(5). */
export interface NftRuleset {
  readonly chains: readonly NftChain[]
  /** Names of the tables, to say who made them. */
  readonly tables: readonly string[]
}

export interface NftChain {
  readonly family: string
  readonly table: string
  readonly name: string
  /** Only base chains have these. */
  readonly hook: string | undefined
  readonly type: string | undefined
  readonly policy: string | undefined
  readonly rules: readonly NftRule[]
}

/** Statements of one rule, in order: objects with one member each. */
export type NftRule = readonly Readonly<Record<string, unknown>>[]

const LIMITS = { maxBytes: 16 * 1024 * 1024, maxDepth: 64 }

/** @returns undefined when it is not what nft prints. Tables marked dormant are left out: the kernel does not run them. */
export function parseNftRuleset(stdout: string): NftRuleset | undefined {
  let document: unknown
  try {
    document = parseJson(stdout, LIMITS)
  } catch {
    return undefined
  }
  const items = asRecord(document)?.nftables
  if (!Array.isArray(items) || !items.some((item) => asRecord(asRecord(item)?.metainfo) !== undefined)) return undefined
  return build(items.map((item: unknown) => asRecord(item) ?? {}))
}

function build(items: readonly Readonly<Record<string, unknown>>[]): NftRuleset | undefined {
  const tables = new Map<string, string>()
  const chains = new Map<string, NftChain & { rules: NftRule[] }>()
  for (const item of items) {
    const table = asRecord(item.table)
    if (table !== undefined && !hasFlag(table.flags, 'dormant'))
      tables.set(key(table.family, table.name), nameOf(table.name))
  }
  for (const item of items) {
    const chain = asRecord(item.chain)
    if (chain === undefined || !tables.has(key(chain.family, chain.table))) continue
    chains.set(key(chain.family, chain.table, chain.name), {
      family: nameOf(chain.family),
      table: nameOf(chain.table),
      name: nameOf(chain.name),
      hook: asText(chain.hook),
      type: asText(chain.type),
      policy: asText(chain.policy),
      rules: [],
    })
  }
  for (const item of items) {
    const rule = asRecord(item.rule)
    if (rule === undefined) continue
    const statements = rule.expr
    if (!Array.isArray(statements)) return undefined
    const chain = chains.get(key(rule.family, rule.table, rule.chain))
    chain?.rules.push(statements.map((statement) => asRecord(statement) ?? { unknown: null }))
  }
  return { chains: [...chains.values()], tables: [...tables.values()] }
}

function key(...parts: readonly unknown[]): string {
  return JSON.stringify(parts)
}

/** Foreign objects have no text: theirs may have a `toString` that is none. */
function nameOf(value: unknown): string {
  return asText(value) ?? ''
}

function hasFlag(flags: unknown, name: string): boolean {
  return flags === name || (Array.isArray(flags) && flags.includes(name))
}

export function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  // An object that is no array has string keys and values of any kind.
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
