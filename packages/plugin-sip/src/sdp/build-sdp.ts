import type { SdpAttribute, SdpConnection, SessionDescription } from "./session-description.js";

/** Writes a session description in the order RFC 8866 section 5 prescribes, with CRLF after every line. */
export function buildSdp(description: SessionDescription): string {
  const { origin } = description;
  const lines = [
    "v=0",
    `o=${origin.username} ${origin.sessionId} ${origin.sessionVersion} IN ${origin.family} ${origin.address}`,
    `s=${description.name}`,
  ];
  if (description.connection !== undefined) lines.push(connectionLine(description.connection));
  for (const b of description.bandwidths) lines.push(`b=${b}`);
  for (const t of description.times.length > 0 ? description.times : ["0 0"]) lines.push(`t=${t}`);
  for (const a of description.attributes) lines.push(attributeLine(a));
  for (const m of description.media) {
    lines.push(`m=${m.kind} ${m.port} ${m.protocol} ${m.formats.join(" ")}`.trimEnd());
    if (m.connection !== undefined) lines.push(connectionLine(m.connection));
    for (const b of m.bandwidths) lines.push(`b=${b}`);
    for (const a of m.attributes) lines.push(attributeLine(a));
  }
  return lines.join("\r\n") + "\r\n";
}

function connectionLine(connection: SdpConnection): string {
  return `c=IN ${connection.family} ${connection.address}`;
}

function attributeLine(attribute: SdpAttribute): string {
  return attribute.value === undefined ? `a=${attribute.name}` : `a=${attribute.name}:${attribute.value}`;
}
