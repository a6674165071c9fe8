import { join } from 'node:path'

export interface UpdatePlacesGiven {
  readonly repository?: string | undefined
  readonly keys?: string | undefined
}

/** Where the repository is that a directory serves, and the keys that keep it fresh. */
export function updatePlaces(
  { data }: { readonly data: string },
  { repository, keys }: UpdatePlacesGiven = {},
): { readonly folder: string; readonly keys: string } {
  return { folder: repository ?? join(data, 'updates'), keys: keys ?? join(data, 'updates-keys') }
}
