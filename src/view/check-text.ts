/** What a person reads about a check, and how to pass it. One catalogue for each language. */
export interface CheckText {
  readonly title: string
  /** One sentence. */
  readonly why: string
  /** The steps of the most specific system or desktop apply: desktop, then family, then `any`. */
  readonly steps: { readonly any: readonly string[] } & { readonly [S in System]?: readonly string[] }
  /** An estimate for a person who follows the steps. */
  readonly minutes: number
}

export type System = 'gnome' | 'kde' | 'debian' | 'fedora' | 'macos' | 'windows'
