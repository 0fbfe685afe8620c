// A socket.io client that a test drives: commands come in as lines of JSON, events go out as such.
//   node client.js VERSION URL '{"transports": ["websocket"]}'      VERSION is 2 or 4
//   {"emit": "LIST_STYLES", "args": []}   the callback's arguments come out as {"ack": [...]}
//   {"do": "drop"}                        the connection breaks; the client connects again by itself
//   {"do": "disconnect"}, {"do": "connect"}
import { createInterface } from "node:readline";

const [version, address, options] = process.argv.slice(2);
const { default: io } = await import(version === "2" ? "socket.io-client-2" : "socket.io-client");
const socket = io(address, { reconnectionDelay: 50, ...JSON.parse(options || "{}") });
const tell = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

const known = {
  connect: () => socket.id,
  disconnect: (reason) => reason,
  connect_error: (error) => error.message,
  error: (words) => words,
};
for (const [event, told] of Object.entries(known)) {
  socket.on(event, (given) => tell({ event, data: told(given) }));
}
if (socket.onAny) {
  socket.onAny((event, data) => tell({ event, data }));
} else {
  const hear = socket.onevent; // version 2 has nothing that hears every event
  socket.onevent = (packet) => {
    tell({ event: packet.data[0], data: packet.data[1] });
    hear.call(socket, packet);
  };
}

const actions = {
  connect: () => socket.connect(),
  disconnect: () => socket.disconnect(),
  drop: () => socket.io.engine.close(),
};

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const command = JSON.parse(line);
    if (command.do) actions[command.do]();
    else socket.emit(command.emit, ...command.args, (...ack) => tell({ ack }));
  })
  .on("close", () => process.exit(0));
