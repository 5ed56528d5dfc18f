export function requireLoad(load: number): void {
  if (!(Number.isFinite(load) && load >= 0)) throw new RangeError("load must be a finite number of erlang, 0 or more");
}

export function requireServers(servers: number): void {
  if (!(Number.isInteger(servers) && servers >= 0)) throw new RangeError("servers must be a whole number, 0 or more");
}

export function requirePositive(name: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0)) throw new RangeError(`${name} must be a finite number above 0`);
}
