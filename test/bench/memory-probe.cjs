// Loaded before a program that is measured: answers the message "memory" with what the program uses after a collection.
process.on('message', (message) => {
  if (message !== 'memory') return;
  globalThis.gc();
  process.send(process.memoryUsage());
});
// Being asked must not keep the program alive.
process.channel.unref();
