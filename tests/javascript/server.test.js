// What a refusal means for whoever asked.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Failure } from "../../static/js/server.js";

test("a page of a proxy is told from a refusal of the server", () => {
  assert.ok(new Failure({ status: 502 }).isFromElsewhere);
  assert.ok(!new Failure({ status: 503, code: "busy" }).isFromElsewhere);
});

test("what may work later is tried again, what is wrong with the picture is not", () => {
  assert.ok(new Failure({ status: 0 }).mayWorkLater);
  assert.ok(new Failure({ status: 503, code: "busy" }).mayWorkLater);
  const large = new Failure({ status: 413 });
  assert.ok(large.isAboutPicture && !large.mayWorkLater);
  assert.equal(large.message, "The picture is larger than the server accepts.");
});
