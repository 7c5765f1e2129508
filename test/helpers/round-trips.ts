/** Counts round trips through a proxy: by what had to be seen before what was sent, not by a clock. */
import type { Piece, Watch } from './proxy.js';

/** Bytes that were delivered, and when. */
export interface CountedPiece extends Piece {
  /**
   * The round trip that these bytes belong to, counted through one client's connections: the
   * first TCP handshake is number 1, the first request and its answer number 2. What a client
   * sends, or a connection that it opens, belongs to the one after the newest that it has seen
   * something of. Too high, never too low, where a peer takes longer than the delay to answer:
   * then it has seen more than it had to wait for.
   */
  readonly roundTrip: number;
}

/** One connection, by its round trips. */
interface Counted {
  /** That in which it was made. */
  readonly handshake: number;
  /** The newest that the server has seen something of. */
  seenByServer: number;
  /** Those of what is under way, in order. */
  readonly underWay: Record<Piece['direction'], number[]>;
}

/**
 * @param onDelivery sees every piece when it is delivered.
 * @returns what a proxy is given that passes bytes on as they come: late, or not.
 */
export function countRoundTrips(onDelivery: (piece: CountedPiece) => void): Watch {
  let seenByClient = 0;
  const connections: Counted[] = [];
  const counted = ({ connection }: Piece): Counted => {
    const found = connections[connection];
    if (found === undefined) throw new Error(`nobody has made connection ${connection}`);
    return found;
  };
  return {
    onConnection(connection) {
      const underWay = { up: [], down: [] };
      connections[connection] = { handshake: seenByClient + 1, seenByServer: 0, underWay };
    },
    onArrival(piece) {
      const { handshake, seenByServer, underWay } = counted(piece);
      const asked = Math.max(handshake, seenByClient) + 1;
      underWay[piece.direction].push(piece.direction === 'up' ? asked : seenByServer);
    },
    onDelivery(piece) {
      const one = counted(piece);
      const roundTrip = one.underWay[piece.direction].shift() ?? 0;
      if (piece.direction === 'up') one.seenByServer = Math.max(one.seenByServer, roundTrip);
      else seenByClient = Math.max(seenByClient, roundTrip);
      onDelivery({ ...piece, roundTrip });
    },
  };
}
