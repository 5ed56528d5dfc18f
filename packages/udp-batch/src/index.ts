export { requestThreadRealtime, requestThreadSlice, UdpPool, UdpSocket, udpBatchMissing } from "./udp-pool.js";
export type { DatagramHandler, DatagramSource, UdpError } from "./udp-pool.js";
