/** Echoes datagrams turned round, and counts by its own timer; for tests. */
export function openDatagrams(options, port) {
  if (options?.neverOpens) return new Promise(() => undefined);
  if (options?.refuse) throw new Error("no paper");
  port.post({ opened: options });
  return {
    datagram(octets) {
      if (octets[0] === 0xff) throw new Error("the protocol broke");
      port.post({ got: octets });
      port.send(octets.slice().reverse());
    },
    message(message) {
      if (message.say !== undefined) port.send(message.say);
      if (message.wake !== undefined) port.wakeAt(port.now() + message.wake, () => port.post({ woke: true }));
    },
    close() {
      port.post({ closed: true });
    },
  };
}
