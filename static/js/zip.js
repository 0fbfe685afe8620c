// A ZIP file of pictures, which are compressed already: each is stored as it is.

const UTF8_NAMES = 0x0800;
const VERSION = 20;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? 0xedb88320 ^ (rest >>> 1) : rest >>> 1;
  return rest;
});

/** One blob with all of these files; of two with one name, the second gets a number. */
export async function zipOf(files) {
  const parts = [];
  const directory = [];
  const names = new Set();
  let offset = 0;
  for (const file of files) {
    const name = new TextEncoder().encode(unused(file.name, names));
    const head = described(name, crc32(new Uint8Array(await file.arrayBuffer())), file.size);
    parts.push(record(0x04034b50, head), name, file);
    // [made by] before what the local record has; comment, disk, attributes and place behind it.
    directory.push(record(0x02014b50, [[2, VERSION], ...head, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]]), name);
    offset += 30 + name.length + file.size;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = record(0x06054b50, [[2, 0], [2, 0], [2, files.length], [2, files.length], [4, size], [4, offset], [2, 0]]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

/** What both records of a file say: [[bytes, value]]. */
function described(name, crc, size) {
  const now = new Date();
  const time = (now.getHours() << 11) | (now.getMinutes() << 5) | (now.getSeconds() >> 1);
  const date = ((now.getFullYear() - 1980) << 9) | ((now.getMonth() + 1) << 5) | now.getDate();
  return [[2, VERSION], [2, UTF8_NAMES], [2, 0], [2, time], [2, date], [4, crc], [4, size], [4, size], [2, name.length], [2, 0]];
}

function record(signature, fields) {
  const all = [[4, signature], ...fields];
  const view = new DataView(new ArrayBuffer(all.reduce((sum, [bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [bytes, value] of all) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function unused(name, names) {
  const [, stem, suffix] = /^(.*?)(\.\w+)?$/.exec(name);
  let free = name;
  for (let number = 2; names.has(free); number += 1) free = `${stem}-${number}${suffix ?? ""}`;
  names.add(free);
  return free;
}
