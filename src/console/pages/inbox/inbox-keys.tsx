import { KeysDialog } from '../../acts/keys-dialog.tsx'

const KEYS = [
  ['J', 'next agent'],
  ['K', 'agent before'],
  ['R', 'register it; the first time it asks what it is for'],
  ['M', 'add it to a registration'],
  ['B', 'block it'],
  ['I', 'ignore it'],
  ['U', 'undo the last decision'],
  ['?', 'these keys'],
] as const

export function InboxKeys({ onClose }: { onClose(): void }) {
  return <KeysDialog title="Keys of the inbox" groups={[{ keys: KEYS }]} onClose={onClose} />
}
