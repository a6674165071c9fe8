/** Which agents of a device acted without asking until lately. */
export const ENDED_AUTONOMY = `
  CREATE INDEX sightings_were_autonomous ON sightings (device, gone_at) WHERE gone_at IS NOT NULL AND autonomous = 1;
`
