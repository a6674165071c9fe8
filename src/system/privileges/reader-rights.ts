/**
 * With which rights a home was read: those of its user, or on Windows, where a user who is not logged on has none that could be
 * had, those of LocalSystem without privileges and unable to write.
 */
export const READER_RIGHTS = ['user', 'reduced'] as const
export type ReaderRights = (typeof READER_RIGHTS)[number]
