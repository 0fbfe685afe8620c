// A socket.io client that a test drives: commands come in as lines of JSON, events go out as such.
//   node client.js URL '{"transports": ["websocket"]}'
//   {"emit": "LIST_STYLES", "args": []}   the callback's arguments come out as {"ack": [...]}
//   {"do": "drop"}                        the connection breaks; the client connects again by itself
//   {"do": "disconnect"}, {"do": "connect"}
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const [address, options] = process.argv.slice(2);
const socket = io(address, { reconnectionDelay: 50, ...JSON.parse(options || "{}") });
const tell = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

socket.on("connect", () => tell({ event: "connect", data: socket.id }));
socket.on("disconnect", (reason) => tell({ event: "disconnect", data: reason }));
socket.on("connect_error", (error) => tell({ event: "connect_error", data: error.message }));
socket.onAny((event, data) => tell({ event, data }));

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
