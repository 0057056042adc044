// @ts-check
// Who knows the newest pick: the browser's half. tests/viz/easel/test_picks.py has Python's.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Picks } from "../../../viz/easel/picks.js";

test("a new wish is followed once", () => {
  const picks = new Picks("once");
  assert.deepEqual(picks.follow({ cell: [1, 2], epoch: 0 }, true), { wish: { cell: [1, 2], epoch: 0 } });
  assert.equal(picks.follow({ cell: [1, 2], epoch: 0 }, false), null);
  assert.deepEqual(picks.follow({ cell: [1, 2], epoch: 1 }, false), { wish: { cell: [1, 2], epoch: 1 } });
  assert.equal(picks.epoch, 1);
});

test("a page that is built anew shows the pick that was made after the same wish", () => {
  const wish = { cell: [0, 0], epoch: 0 };
  const before = new Picks("anew");
  before.follow(wish, true);
  before.remember({ cell: [3, 3] });
  assert.deepEqual(new Picks("anew").follow(wish, true), { pick: { cell: [3, 3] } });
  assert.deepEqual(new Picks("another").follow(wish, true), { wish });
  const newer = { cell: [0, 0], epoch: 1 };
  assert.deepEqual(new Picks("anew").follow(newer, true), { wish: newer });
});

test("Python hears of each epoch once", () => {
  const picks = new Picks("epochs");
  picks.follow({ epoch: 0 }, true);
  assert.equal(picks.owesEpoch(), false);
  picks.follow({ epoch: 4 }, false);
  assert.deepEqual([picks.owesEpoch(), picks.owesEpoch()], [true, false]);
});
