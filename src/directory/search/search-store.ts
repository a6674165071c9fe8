import type { Found, FoundKind } from '../../protocol/nouns/directory/search.ts'

export interface SearchStore {
  /** Things that are like the words: the best ones first, at most `limit`. @throws `INPUT_MALFORMED` for words that no name can have. */
  find(kind: FoundKind, words: string, limit: number): Promise<readonly Found[]>
}
