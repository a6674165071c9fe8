import type { TSchema } from '../../base/schema.ts'
import type { Action, Principal } from '../../protocol/noun/permissions.ts'
import {
  CONFIGURATION_SPECS,
  type ConfigurationKind,
  type ConfigurationSpecs,
  type LeftOut,
} from '../../protocol/nouns/directory/configuration.ts'

/** One kind of document: how what is there is read as documents, and which acts bring it to what a document says. */

export type Spec = Readonly<Record<string, unknown>>

/** Something that is there, as a document would say it. */
export interface Present<S extends Spec = Spec> {
  /** Two names with one key are the same name. */
  readonly key: string
  readonly name: string
  /** What acts on it call it. */
  readonly id: string
  readonly spec: S
  /** Why no document of an export has it. A document may name it, and pruning leaves it. */
  readonly leftOut?: string
}

export interface PresentOf<S extends Spec = Spec> {
  readonly items: readonly Present<S>[]
  /** What no document can name. */
  readonly leftOut: readonly Omit<LeftOut, 'kind'>[]
}

export interface Act {
  readonly by: Principal
  readonly reason: string
}

interface KindInit<S extends Spec> {
  /** What a role must be allowed to plan, and to apply. */
  readonly reads: Action
  readonly changes: Action
  /** @throws `INPUT_MALFORMED` for a name that it cannot have. */
  keyOf(name: string): string
  read(): Promise<PresentOf<S>>
  /**
   * As `read` would say it once it is there: people by user name, lists in order, and nothing that is usual.
   *
   * @throws `INPUT_MALFORMED`.
   */
  normal(name: string, spec: S): Promise<S>
  /** For a text whose change is tested first. Replaces `change`. @throws `INPUT_*` with the line, `CONFLICT`. */
  propose?(spec: S, options: { readonly force: boolean }): Promise<(actor: string) => Promise<void>>
  /** Inside the caller's transaction, as the three below. @throws as its service. */
  create?(name: string, spec: S, act: Act): Promise<void>
  /** @param changed members of `spec` that differ. */
  change?(present: Present<S>, spec: S, changed: ReadonlySet<string>, act: Act): Promise<void>
  remove?(present: Present<S>, act: Act): Promise<void>
  /** What pruning does: `retire`, and what follows from it. */
  readonly removal?: { readonly verb: string; readonly result?: string }
  /** Of what has a token or a secret, which no file holds and no log may show: the command that adds it. Instead of `create`. */
  addedBy?(name: string, spec: S): string
}

/** @typeParam S erased where all kinds are in one list: `schema` has checked each spec. */
export interface Kind<S extends Spec = Spec> extends KindInit<S> {
  readonly kind: ConfigurationKind
  readonly schema: TSchema
}

export function kindOf<const K extends ConfigurationKind>(kind: K, init: KindInit<ConfigurationSpecs[K]>): Kind {
  return { kind, schema: CONFIGURATION_SPECS[kind], ...init } as unknown as Kind
}

/** Without members that have no value. */
export function withoutAbsent<S extends Spec>(spec: { readonly [name in keyof S]: S[name] | undefined }): S {
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined)) as S
}

export function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].toSorted()
}
