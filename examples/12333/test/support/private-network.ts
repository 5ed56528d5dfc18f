import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A way out that leads nowhere: `wan` has the default route, a router that needs no asking for its hardware address, and a name server
 * behind it. All that leaves the namespace's own addresses arrives at `beyond`, where it is written down. Documentation prefixes (RFC 5737,
 * RFC 3849), so that nothing could be meant for them.
 */
const SETUP = `
set -e
ip link set lo up
echo 0 > /proc/sys/net/ipv6/conf/default/accept_ra
ip link add wan type veth peer name beyond
ip link set wan address 02:00:00:00:00:01; ip link set beyond address 02:00:00:00:00:02
ip link set wan up; ip link set beyond up
ip addr add 203.0.113.2/24 dev wan
ip route add default via 203.0.113.1 dev wan
ip neigh add 203.0.113.1 lladdr 02:00:00:00:00:02 dev wan nud permanent
ip neigh add 203.0.113.53 lladdr 02:00:00:00:00:02 dev wan nud permanent
ip -6 addr add 2001:db8::2/64 dev wan nodad
ip -6 route add default via 2001:db8::1 dev wan
ip -6 neigh add 2001:db8::1 lladdr 02:00:00:00:00:02 dev wan nud permanent
mount --bind "$0/resolv.conf" /etc/resolv.conf
exec python3 -u "$0/capture.py"
`;

/**
 * One line per packet that arrives at `beyond`; what the kernel says by itself of a link (ARP, ICMPv6 of neighbours and groups, IGMP: a browser with WebRTC is of the
 * group of multicast DNS) is no packet of anybody's. What is said within such a group is.
 */
const CAPTURE = `
import socket, struct
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind(("beyond", 0))
print("ready")
def told(to, protocol, data):
    name = ""
    if protocol in (6, 17) and len(data) >= 4:
        port = struct.unpack("!H", data[2:4])[0]
        if protocol == 17 and port in (53, 5353):
            at, labels = 20, []
            while at < len(data) and data[at]:
                labels.append(data[at + 1:at + 1 + data[at]].decode("latin1")); at += 1 + data[at]
            name = " asks for " + ".".join(labels)
        to = "%s port %d" % (to, port)
    print("%s to %s%s" % ({6: "TCP", 17: "UDP"}.get(protocol, "protocol %d" % protocol), to, name))
while True:
    frame, (_, _, kind, _, _) = s.recvfrom(65535)
    if kind == socket.PACKET_OUTGOING: continue
    ether, p = struct.unpack("!H", frame[12:14])[0], frame[14:]
    if ether == 0x0800 and p[9] == 2: continue
    if ether == 0x0800: told(socket.inet_ntoa(p[16:20]), p[9], p[(p[0] & 15) * 4:])
    elif ether == 0x86dd:
        protocol, data = p[6], p[40:]
        while protocol in (0, 43, 60): protocol, data = data[0], data[(data[1] + 1) * 8:]
        if not (protocol == 58 and data[0] in (131, 132, 133, 134, 135, 136, 143)): told(socket.inet_ntop(socket.AF_INET6, p[24:40]), protocol, data)
    elif ether != 0x0806: print("frame of type %04x" % ether)
`;

const OWN_USER = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];

/** Whether this machine lets us have a network of our own. Told once if not; under HOTLINE_REQUIRE_PEERS=1 it fails the run. */
export function hasPrivateNetwork(): boolean {
  const tried = spawnSync("unshare", [...OWN_USER, "--net", "--mount", "sh", "-c", "ip link add wan type veth peer name beyond && python3 --version"], { encoding: "utf8" });
  if (tried.status === 0) return true;
  const why = (tried.error?.message ?? tried.stderr).trim();
  if (process.env.HOTLINE_REQUIRE_PEERS === "1") throw new Error(`no network namespace with veth, ip and python3 can be had here: ${why}`);
  process.stdout.write(`skipped: no network namespace with veth, ip and python3 can be had here (${why})\n`);
  return false;
}

/** A network namespace with nobody in it but what is started `within`, and a record of every packet addressed out of it. */
export class PrivateNetwork {
  /** Packets addressed to somebody outside, in words. */
  readonly escaped: string[] = [];
  readonly #holder: ChildProcess;
  readonly #folder: string;

  private constructor(holder: ChildProcess, folder: string) {
    this.#holder = holder;
    this.#folder = folder;
  }

  static async create(): Promise<PrivateNetwork> {
    const folder = mkdtempSync(join(tmpdir(), "private-network-"));
    writeFileSync(join(folder, "resolv.conf"), "nameserver 203.0.113.53\noptions timeout:1 attempts:1\n");
    writeFileSync(join(folder, "capture.py"), CAPTURE);
    const holder = spawn("unshare", [...OWN_USER, "--net", "--mount", "sh", "-c", SETUP, folder], { stdio: ["ignore", "pipe", "pipe"] });
    const network = new PrivateNetwork(holder, folder);
    let errors = "";
    let rest = "";
    holder.stderr?.setEncoding("utf8").on("data", (text: string) => (errors += text));
    await new Promise<void>((resolve, reject) => {
      holder.once("exit", () => reject(new Error(`the network namespace ended: ${errors}`)));
      holder.stdout?.setEncoding("utf8").on("data", (text: string) => {
        const lines = `${rest}${text}`.split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          if (line === "ready") resolve();
          else network.escaped.push(line);
        }
      });
    });
    return network;
  }

  /** What a command is to be preceded by to run in this network, in the folder `cwd`. */
  within(cwd: string = process.cwd()): readonly string[] {
    return ["nsenter", `--target=${this.#holder.pid}`, "--net", "--mount", ...(OWN_USER.length === 0 ? [] : ["--user", "--preserve-credentials"]), `--wd=${cwd}`];
  }

  async dispose(): Promise<void> {
    const gone = new Promise((resolve) => this.#holder.once("exit", resolve));
    this.#holder.kill("SIGKILL");
    await gone;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
