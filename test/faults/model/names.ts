export const DEVICE = `dev_${'A'.repeat(22)}`
export const EPOCH = 1
