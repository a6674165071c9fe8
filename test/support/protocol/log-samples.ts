import type { Evidence } from '../../../src/protocol/messages/evidence.ts'
import type { CheckpointFrame, CheckpointRequest } from '../../../src/protocol/messages/frames.ts'
import { ack } from './frame-samples.ts'

const { device: DEVICE, time: SAMPLE_TIME } = ack

/** What passes between a directory and a device as a witness of its record. The signatures do not verify. */

const CHECKPOINT_KEY = 'directory.example.org/record+f9aa2b8e+AYwaZ9hvRGN9c1N0fRUaIY8TIlMPhvSKX4QVFSEx5L2w'
const SIGNATURE = `— directory.example.org/record ${Buffer.alloc(68, 7).toString('base64')}\n`
const checkpointOf = (size: number) =>
  `directory.example.org/record\n${size}\n${Buffer.alloc(32, size).toString('base64')}\n\n${SIGNATURE}`

export const checkpointRequest: CheckpointRequest = { type: 'checkpoint', kept: checkpointOf(7) }

export const checkpoint: CheckpointFrame = {
  type: 'checkpoint',
  device: DEVICE,
  epoch: 1,
  time: SAMPLE_TIME,
  key: CHECKPOINT_KEY,
  checkpoint: checkpointOf(9),
  consistency: [ack.head],
}

export const logFaultEvidence: Pick<Evidence, 'logFaults'> = {
  logFaults: [
    {
      kind: 'went-back',
      time: SAMPLE_TIME,
      kept: checkpointOf(9),
      keptKey: CHECKPOINT_KEY,
      received: checkpointOf(7),
      receivedKey: CHECKPOINT_KEY,
      consistency: [],
    },
  ],
}
