/** Which stops a device is in the scope of. */
export const STOPS_OF_DEVICE = `
  CREATE INDEX stop_devices_of_device ON stop_devices (device, stop, state);
`
