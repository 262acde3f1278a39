// A server's thousand calls with @segment/analytics-node or @rudderstack/rudder-sdk-node, as a
// company would write them: `node server.js segment|rudder HOST KEY CALLS PAUSE_MS`.
const { calls, pause } = require("./calls.js");

const [, , which, host, key, of, wait] = process.argv;

function message({ n, kind, user, device }) {
  const who = { ...(user && { userId: user }), ...(device && { anonymousId: device }) };
  const properties = { n };
  return {
    track: { ...who, event: "Product Viewed", properties },
    page: { ...who, name: "Home", properties },
    screen: { ...who, name: "Home", properties },
    identify: { ...who, traits: { n } },
    group: { ...who, groupId: `group-${n % 7}`, traits: { n } },
    alias: { previousId: `old-${n}`, userId: user },
  }[kind];
}

async function segment() {
  const { Analytics } = require("@segment/analytics-node");
  const client = new Analytics({ writeKey: key, host, flushAt: 20, flushInterval: 200 });
  client.on("error", (error) => { throw new Error(JSON.stringify(error)); });
  for (const call of calls(Number(of))) {
    client[call.kind](message(call));
    await pause(Number(wait));
  }
  await client.closeAndFlush({ timeout: 60_000 });
}

async function rudder() {
  const Analytics = require("@rudderstack/rudder-sdk-node");
  const client = new Analytics(key, {
    dataPlaneUrl: host, flushAt: 20, flushInterval: 200, retryCount: 12, logLevel: "error",
  });
  for (const call of calls(Number(of))) {
    client[call.kind](message(call));
    await pause(Number(wait));
  }
  while (client.queue.length) await client.flush();
  await client.pendingFlush;
}

({ segment, rudder })[which]().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
