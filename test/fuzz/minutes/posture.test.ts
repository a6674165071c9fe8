import { describeMinute } from '../minute.ts'

describeMinute('posture')
