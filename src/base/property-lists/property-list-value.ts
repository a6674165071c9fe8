/** What a property list of macOS holds. */
export type PropertyListValue =
  | string
  /** Whole numbers beyond 2^53 lose their last digits. */
  | number
  | boolean
  | Date
  | Uint8Array
  | readonly PropertyListValue[]
  | PropertyListDictionary

export interface PropertyListDictionary {
  readonly [name: string]: PropertyListValue
}

/** Bounds of what is read: a small file can refer to the same object very often. */
export const MAX_PROPERTY_LIST_DEPTH = 64
export const MAX_PROPERTY_LIST_VALUES = 200_000
