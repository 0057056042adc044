// @ts-check
// Who knows the newest pick. Python sends a wish with an epoch; a new wish moves the view. After
// its own picks the browser knows better than old wishes: the same wish again changes nothing.
// viz/easel/picks.py is the other half.

/** @type {Map<string, {asked: string, pick: any}>} */
const REMEMBERED = new Map(); // by the component's key, should the page be built anew

export class Picks {
  /** @param {string} key of the component */
  constructor(key) {
    this.key = key;
    this.asked = "";
    this.epoch = 0;
    this.seen = 0; // the epoch that Python last heard was seen
  }

  /**
   * Takes over a wish. Returns what is to be shown: the wish, the pick that was made after it before
   * the page was built anew, or null where the wish was followed already.
   * @param {any} wish with its `epoch`
   * @param {boolean} fresh nothing is shown yet
   */
  follow(wish, fresh) {
    const asked = JSON.stringify(wish);
    if (!wish || asked === this.asked) return null;
    this.asked = asked;
    this.epoch = wish.epoch;
    const before = REMEMBERED.get(this.key);
    return fresh && before?.asked === asked ? { pick: before.pick } : { wish };
  }

  /** @param {any} pick */
  remember(pick) {
    REMEMBERED.set(this.key, { asked: this.asked, pick });
  }

  /** Whether Python is still to hear that the newest wish was seen; then it has heard. */
  owesEpoch() {
    const owes = this.seen !== this.epoch;
    this.seen = this.epoch;
    return owes;
  }
}
