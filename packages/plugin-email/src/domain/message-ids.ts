/** The host part of the hotline's address; Message-IDs of its letters end in it. */
export function domainOf(from: string): string {
  const address = /<([^<>]+)>/.exec(from)?.[1] ?? from;
  return address.slice(address.lastIndexOf("@") + 1).toLowerCase();
}

/** Bare address, lower case. */
export function addressOf(from: string): string {
  return (/<([^<>]+)>/.exec(from)?.[1] ?? from).trim().toLowerCase();
}

/** A notification's letter has always the same Message-ID (RFC 5322 section 3.6.4): sent twice it is still one. */
export function messageIdOf(notificationId: string, domain: string): string {
  return `<${notificationId}@${domain}>`;
}

/**
 * What a letter answers, nearest first: ids of our notifications where the Message-ID is one of ours, else the
 * Message-ID as it stands.
 */
export function answeredIds(inReplyTo: string | undefined, references: string | readonly string[] | undefined, domain: string): readonly string[] {
  const listed = typeof references === "string" ? [references] : [...(references ?? [])];
  const all = [...(inReplyTo === undefined ? [] : [inReplyTo]), ...listed.reverse()].flatMap((text) => text.match(/<[^<>\s]+>/g) ?? []);
  return [...new Set(all.map((id) => ownId(id, domain) ?? id))].slice(0, 50);
}

function ownId(messageId: string, domain: string): string | undefined {
  const match = /^<([0-9a-f-]{36})@([^<>]+)>$/i.exec(messageId);
  return match?.[1] !== undefined && match[2]?.toLowerCase() === domain ? match[1] : undefined;
}
