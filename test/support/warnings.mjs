/** What Node takes for a leak, in the process of the tests: a log of a service would have it as a line that is no JSON. */
const leaks = [];

export const mochaHooks = {
  beforeAll() {
    process.on("warning", note);
  },
  afterAll() {
    process.off("warning", note);
    const [first] = leaks.splice(0);
    if (first !== undefined) throw new Error(`Node warned of a leak: ${first}`);
  },
};

function note({ name, message, stack }) {
  if (name === "MaxListenersExceededWarning") leaks.push(`${message}\n${stack}`);
}
