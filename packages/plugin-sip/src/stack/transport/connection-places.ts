/** A connection as far as its place is concerned. */
export interface PlacedConnection {
  /** Whether it gives way to others: its peer has proved nothing. Asked when it may have to. */
  givesWay(): boolean;
  /** It gives way. */
  close(): void;
}

/** The place of one connection. */
export interface ConnectionPlace {
  /** Something has come over it. */
  used(): void;
  /** It is closed. Idempotent. */
  leave(): void;
}

/**
 * The connections of all transports together: each costs a file descriptor, which the sound, recordings and the database need too. Where all places
 * are taken, the connection of a stranger gives way over which nothing has come for longest; where there is none of these, no more are taken.
 */
export class ConnectionPlaces {
  readonly #most: number;
  /** Those over which nothing has come for longest first. */
  readonly #places = new Map<ConnectionPlace, PlacedConnection>();
  /** How many gave way, since the start. */
  displaced = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** @returns `undefined`: there is no room. */
  enter(connection: PlacedConnection): ConnectionPlace | undefined {
    if (this.#places.size >= this.#most && !this.#makeRoom()) return undefined;
    const place: ConnectionPlace = {
      used: () => {
        if (this.#places.delete(place)) this.#places.set(place, connection);
      },
      leave: () => void this.#places.delete(place),
    };
    this.#places.set(place, connection);
    return place;
  }

  #makeRoom(): boolean {
    for (const [place, connection] of this.#places) {
      if (!connection.givesWay()) continue;
      this.#places.delete(place);
      this.displaced++;
      connection.close();
      return true;
    }
    return false;
  }
}
