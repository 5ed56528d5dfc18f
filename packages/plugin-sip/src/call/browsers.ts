/** SIP over WebSocket is what browsers speak, and they speak WebRTC. */
export function isBrowser(transport: string): boolean {
  return transport === "ws" || transport === "wss";
}
