import type { AddressFamily, SdpAttribute, SdpConnection, SdpMedia, SdpOrigin, SessionDescription } from "./session-description.js";
import { SdpError } from "./session-description.js";

/** More streams or lines than any phone sends: a bound on the work one request can cause. */
const MAX_MEDIA = 32;
const MAX_LINES = 2000;

interface OpenMedia {
  kind: string;
  port: number;
  protocol: string;
  formats: string[];
  connection?: SdpConnection;
  bandwidths: string[];
  attributes: SdpAttribute[];
}

/**
 * Reads a session description. Tolerant where peers are sloppy and the meaning is plain: bare LF, a
 * missing last line end, blank lines, missing `s=` and `t=`, unknown line types, order of lines.
 *
 * @throws SdpError when there is no `v=0`, no usable `o=`, a malformed `m=` or `c=`, or it is absurdly large.
 */
export function parseSdp(text: string): SessionDescription {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.length > MAX_LINES) throw new SdpError("too many lines");
  let version = false;
  let origin: SdpOrigin | undefined;
  let name = "-";
  let connection: SdpConnection | undefined;
  const bandwidths: string[] = [];
  const times: string[] = [];
  const attributes: SdpAttribute[] = [];
  const media: OpenMedia[] = [];
  for (const raw of lines) {
    const line = raw.trimEnd();
    if (line === "" || line.charAt(1) !== "=") continue;
    const value = line.slice(2).trim();
    const open = media[media.length - 1];
    switch (line.charAt(0)) {
      case "v":
        if (value !== "0") throw new SdpError(`unknown version "${value.slice(0, 20)}"`);
        version = true;
        break;
      case "o":
        origin = parseOrigin(value);
        break;
      case "s":
        if (open === undefined) name = value === "" ? "-" : value;
        break;
      case "c": {
        const parsed = parseConnection(value);
        if (open === undefined) connection = parsed;
        else open.connection ??= parsed;
        break;
      }
      case "b":
        (open?.bandwidths ?? bandwidths).push(value);
        break;
      case "t":
        times.push(value);
        break;
      case "a":
        (open?.attributes ?? attributes).push(parseAttribute(value));
        break;
      case "m":
        if (media.length === MAX_MEDIA) throw new SdpError("too many streams");
        media.push(parseMedia(value));
        break;
      default:
        // i=, u=, e=, p=, r=, z=, k= say nothing a call needs.
        break;
    }
  }
  if (!version) throw new SdpError("v= is missing");
  if (origin === undefined) throw new SdpError("o= is missing");
  return { origin, name, ...(connection === undefined ? {} : { connection }), bandwidths, times, attributes, media };
}

function parseOrigin(value: string): SdpOrigin {
  const [username, sessionId, sessionVersion, net, family, address] = value.split(/\s+/);
  if (username === undefined || sessionId === undefined || sessionVersion === undefined || address === undefined || net?.toUpperCase() !== "IN") {
    throw new SdpError("bad o=");
  }
  return { username, sessionId, sessionVersion, family: parseFamily(family), address };
}

function parseFamily(value: string | undefined): AddressFamily {
  const family = value?.toUpperCase();
  if (family === "IP4" || family === "IP6") return family;
  throw new SdpError("unknown address family");
}

function parseConnection(value: string): SdpConnection {
  const [net, family, address] = value.split(/\s+/);
  if (net?.toUpperCase() !== "IN" || address === undefined) throw new SdpError("bad c=");
  const bare = address.split("/")[0] ?? "";
  if (bare === "") throw new SdpError("bad c=");
  return { family: parseFamily(family), address: bare };
}

function parseAttribute(value: string): SdpAttribute {
  const colon = value.indexOf(":");
  return colon < 0 ? { name: value } : { name: value.slice(0, colon), value: value.slice(colon + 1).trim() };
}

function parseMedia(value: string): OpenMedia {
  const [kind, ports, protocol, ...formats] = value.split(/\s+/);
  const port = /^(\d{1,5})(?:\/\d+)?$/.exec(ports ?? "");
  if (kind === undefined || kind === "" || port === null || protocol === undefined) throw new SdpError("bad m=");
  const number = Number(port[1]);
  if (number > 65535) throw new SdpError("bad port in m=");
  return { kind: kind.toLowerCase(), port: number, protocol, formats: formats.filter((f) => f !== ""), bandwidths: [], attributes: [] };
}

/** Whether a description has this kind of stream in use. */
export function hasStream(description: SessionDescription, kind: string): boolean {
  return description.media.some((m: SdpMedia) => m.kind === kind && m.port !== 0);
}
