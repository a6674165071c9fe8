import { Dialog } from '../../parts/dialog.tsx'
import { KeyList } from '../../parts/key-list.tsx'

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
  return (
    <Dialog title="Keys of the inbox" about="They act while no field has focus." onClose={onClose}>
      <KeyList keys={KEYS} />
    </Dialog>
  )
}
