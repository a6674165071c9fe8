import { describeMinute } from '../minute.ts'

describeMinute('manifests')
