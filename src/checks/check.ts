/** The system or desktop that a step is for, beside `any`. */
export type StepSystem = 'gnome' | 'kde' | 'debian' | 'fedora' | 'macos' | 'windows'
export type CheckedSystem = 'linux' | 'macos' | 'windows'

/** What a person reads about a check in one language. */
export interface CheckTexts {
  /** What holds when the check passes. Without a full stop. */
  readonly title: string
  /** What is wrong when it fails, in a few words. */
  readonly problem: string
  /** Why it matters, in one sentence. */
  readonly why: string
  /** Why no program makes this change. */
  readonly person: { readonly any: string; readonly macos?: string; readonly windows?: string }
  /** How to pass. The most specific list applies: desktop, then family of the system, then `any`. */
  readonly steps: { readonly any: readonly string[] } & { readonly [S in StepSystem]?: readonly string[] }
}

/** All that is said about a check. */
export interface CheckCard {
  /** In the default policy. A new check is advisory unless its answer is plain: an update must not turn devices red. */
  readonly weight: 'required' | 'advisory'
  /** When it passes, for those who write another device. */
  readonly passes: string
  /** What each system is asked, in a few words, or why it cannot have such a thing. */
  readonly systems: Readonly<Record<CheckedSystem, string | { readonly absent: string }>>
  /** The command that opens the settings, on each system or desktop. */
  readonly panels?: { readonly [S in StepSystem]?: string }
  /** An estimate for a person who follows the steps. */
  readonly minutes: number
  readonly english: CheckTexts
  readonly german: CheckTexts
}

/** @param name `area.what`, in lower case. */
export function check<const Name extends string, const Systems extends CheckCard['systems']>(
  name: Name,
  card: CheckCard & { readonly systems: Systems },
): CheckCard & { readonly name: Name; readonly systems: Systems } {
  return { name, ...card }
}
