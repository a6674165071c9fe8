import { describeMinute } from '../minute.ts'

describeMinute('tpm-structures')
