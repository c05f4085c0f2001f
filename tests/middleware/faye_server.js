// A real Bayeux server for test_events.py: it says what happens, one JSON a line, and does what a line of stdin says.
const http = require("http");
const readline = require("readline");
const faye = require("faye");

const say = (what) => console.log(JSON.stringify(what));
const bayeux = new faye.NodeAdapter({ mount: "/cometd", timeout: 1 });
const server = http.createServer((request, response) => {
  response.writeHead(404);
  response.end();
});

bayeux.addExtension({
  incoming(message, callback) {
    if (message.channel === "/meta/subscribe" && message.subscription.startsWith("/forbidden"))
      message.error = `403:${message.clientId},${message.subscription}:Subscription denied`;
    callback(message);
  },
});
bayeux.on("subscribe", (client, channel) => say({ subscribed: channel, client }));
bayeux.attach(server);

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { channel, data, forget } = JSON.parse(line);
  if (channel) bayeux.getClient().publish(channel, data);
  if (forget) bayeux._server._engine.destroyClient(forget, () => say({ forgotten: forget }));
});
process.stdin.on("end", () => process.exit(0));
server.listen(0, "127.0.0.1", () => say({ port: server.address().port }));
