// The picture below a “video upscale” node: left half before, right half after. It is asked for when there is news of a
// node that is seen and has its preview on; one request at a time for each, and never more than two a second.
(function () {
  const TYPE = 'remaster-upscale';
  const WIDTH = 240; // as it is drawn; the picture has 320 pixels, for dense screens
  const STATUS = 26; // what the words below the node need
  const PAUSE = 500; // milliseconds between two requests
  const SVG = 'http://www.w3.org/2000/svg';

  /** By id of the node: the newest picture, the request under way, when the last one began. */
  const pictures = new Map();
  const requests = new Map();
  const times = new Map();

  RED.comms.subscribe('remaster/preview', function (topic, news) {
    const node = RED.nodes.node(news.id);
    if (node && isSeen(node)) ask(node);
  });
  RED.hooks.add('viewRedrawNode.remaster-preview', function (event) {
    if (event.node.type === TYPE) draw(event.node, event.el);
  });
  RED.events.on('nodes:remove', function (node) {
    if (node.type === TYPE) forget(node.id);
  });

  function isSeen(node) {
    return node.preview && node.z === RED.workspaces.active() && document.visibilityState === 'visible';
  }

  function ask(node) {
    const id = node.id;
    if (requests.has(id) || performance.now() - (times.get(id) || -PAUSE) < PAUSE) return;
    times.set(id, performance.now());
    const request = $.ajax({
      url: 'remaster/preview/' + encodeURIComponent(id),
      xhrFields: { responseType: 'blob' },
      processData: false,
    });
    requests.set(id, request);
    request
      .done(function (blob, status, xhr) {
        if (xhr.status === 200 && node.preview) take(node, blob);
      })
      .always(function () {
        requests.delete(id);
      });
  }

  /** Shown when it is there, so that nothing flickers and its shape is known. */
  function take(node, blob) {
    const url = URL.createObjectURL(blob);
    const image = new Image();
    image.onload = function () {
      const before = pictures.get(node.id);
      pictures.set(node.id, { url: url, height: Math.round((WIDTH * image.height) / image.width) });
      draw(node, document.getElementById(node.id));
      if (before) URL.revokeObjectURL(before.url);
    };
    image.onerror = function () {
      URL.revokeObjectURL(url);
    };
    image.src = url;
  }

  function draw(node, element) {
    if (!node.preview) forget(node.id);
    if (!element) return;
    const picture = pictures.get(node.id);
    let image = element.querySelector('.remaster-preview');
    if (!picture) {
      if (image) image.remove();
      return;
    }
    if (!image) {
      image = document.createElementNS(SVG, 'image');
      image.setAttribute('class', 'remaster-preview');
      image.setAttribute('pointer-events', 'none'); // what lies below it can still be reached
      element.appendChild(image);
    }
    image.setAttribute('x', 0);
    image.setAttribute('y', node.h + STATUS);
    image.setAttribute('width', WIDTH);
    image.setAttribute('height', picture.height);
    image.setAttribute('href', picture.url);
  }

  function forget(id) {
    const picture = pictures.get(id);
    if (picture) URL.revokeObjectURL(picture.url);
    pictures.delete(id);
    const request = requests.get(id);
    if (request) request.abort();
  }
})();
