import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";

/** A network of the test's own numbers (RFC 2544): two links of four addresses for each process. */
const NET = `198.18.${process.pid % 250}`;

/** Whether this machine lets us make network devices beside its own. Told once if not; under HOTLINE_REQUIRE_PEERS=1 it fails the run. */
export function hasMovingNetwork(): boolean {
  const name = `hm${process.pid}t`;
  const tried = spawnSync("sh", ["-c", `ip link add ${name} type veth peer name ${name}p && echo 1 > /proc/sys/net/ipv4/conf/${name}/route_localnet; ok=$?; ip link del ${name}; exit $ok`], { encoding: "utf8" });
  if (tried.status === 0) return true;
  const why = (tried.error?.message ?? tried.stderr).trim();
  if (process.env.HOTLINE_REQUIRE_PEERS === "1") throw new Error(`no network devices can be made here, which needs root or \`unshare -rn\` with lo up: ${why}`);
  process.stdout.write(`skipped: no network devices can be made here, which needs root or \`unshare -rn\` with lo up (${why})\n`);
  return false;
}

/**
 * A network namespace for a computer that is carried about: two links lead to this machine's 127.0.0.1, with an address of its own each, and only
 * one is up. `move` takes that one away, address and all, without a word to anybody who is connected by it. There is no loopback device in it.
 */
export class MovingNetwork {
  readonly #holder: ChildProcess;
  readonly #id = `hm${process.pid}${String.fromCharCode(97 + (made++ % 26))}`;
  #at: 0 | 1 = 0;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  static async create(): Promise<MovingNetwork> {
    const holder = spawn("unshare", ["--net", "sh", "-c", "echo ready; exec sleep infinity"], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise<void>((resolve, reject) => {
      holder.once("exit", (code) => reject(new Error(`the network namespace ended with ${code}`)));
      holder.stdout?.once("data", () => resolve());
    });
    const network = new MovingNetwork(holder);
    for (const link of [0, 1] as const) network.#make(link);
    network.appear();
    return network;
  }

  /** What a command is to be preceded by to run there. */
  within(): readonly string[] {
    return ["nsenter", `--target=${this.#holder.pid}`, "--net"];
  }

  /** Its address now, or the one it had last. */
  get address(): string {
    return `${NET}.${this.#at * 4 + 2}`;
  }

  /** The link it had is gone, and its address with it. What others send there is lost: nobody refuses it. */
  vanish(): void {
    this.#inside(`ip addr flush dev link${this.#at}; ip link set link${this.#at} down`);
  }

  /** Comes up by the link it has not had last; the first time by the first. */
  appear(): void {
    const { address } = this;
    this.#inside(`ip addr add ${address}/30 dev link${this.#at}; ip link set link${this.#at} up; ip route add 127.0.0.1/32 via ${NET}.${this.#at * 4 + 1} dev link${this.#at} src ${address}`);
  }

  /** Out of reach for so long, then there by the other link. */
  async move(goneMs: number): Promise<void> {
    this.vanish();
    this.#at = this.#at === 0 ? 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, goneMs));
    this.appear();
  }

  /** Ends what still runs there, too: its links are gone. */
  async dispose(): Promise<void> {
    const gone = new Promise((resolve) => this.#holder.once("exit", resolve));
    this.#holder.kill("SIGKILL");
    await gone;
    // They go with the namespace once nobody is in it any more; the next test wants its addresses now.
    for (const link of [0, 1]) spawnSync("ip", ["link", "del", `${this.#id}${link}`], { stdio: "ignore" });
  }

  #make(link: 0 | 1): void {
    const ours = `${this.#id}${link}`;
    execFileSync("ip", ["link", "add", ours, "type", "veth", "peer", "name", `link${link}`, "netns", String(this.#holder.pid)]);
    // Addresses of 127/8 are for others than the loopback device, here and there.
    execFileSync("sh", ["-c", `echo 1 > /proc/sys/net/ipv4/conf/${ours}/route_localnet; ip addr add ${NET}.${link * 4 + 1}/30 dev ${ours}; ip link set ${ours} up`]);
    this.#inside(`echo 1 > /proc/sys/net/ipv4/conf/link${link}/route_localnet`);
  }

  #inside(commands: string): void {
    const [command = "", ...args] = this.within();
    execFileSync(command, [...args, "sh", "-ec", commands]);
  }
}

let made = 0;
