// Runs in a worker: plays episodes under disturbances, so that the page stays smooth. After engine.js.
onmessage = ({ data }) => {
  const plain = score(data.weight, data.params, CALM, data.episodes);
  const wrong = score(data.weight, data.params, data.wrong, data.episodes);
  postMessage({ id: data.id, plain, wrong });
};
