import process from 'node:process';

/** Preloaded into the command line and what it starts: their clock differs by `SLICEWAVE_TEST_CLOCK` milliseconds. */
const offset = Number(process.env.SLICEWAVE_TEST_CLOCK);
const True = globalThis.Date;
globalThis.Date = class extends True {
  constructor(...args) {
    if (args.length === 0) super(True.now() + offset);
    else super(...args);
  }

  static now() {
    return True.now() + offset;
  }
};
