// The preview below a “video upscale” node: left half before, right half after. An image is requested when the server
// announces a new frame, only for visible nodes with their preview on: one request at a time per node, two per second.
(function () {
  const TYPE = 'remaster-upscale';
  const WIDTH = 240; // pixels on screen; the image has 320, for high-density displays
  const STATUS = 26; // height of the status line below the node
  const PAUSE = 500; // milliseconds between two requests
  const SVG = 'http://www.w3.org/2000/svg';

  /** By node id: the newest image, the pending request, the time of the last request. */
  const images = new Map();
  const requests = new Map();
  const requestTimes = new Map();

  RED.comms.subscribe('remaster/preview', function (topic, update) {
    const node = RED.nodes.node(update.id);
    if (node && isVisible(node)) request(node);
  });
  RED.hooks.add('viewRedrawNode.remaster-preview', function (event) {
    if (event.node.type === TYPE) draw(event.node, event.el);
  });
  RED.events.on('nodes:remove', function (node) {
    if (node.type === TYPE) forget(node.id);
  });

  function isVisible(node) {
    return node.preview && node.z === RED.workspaces.active() && document.visibilityState === 'visible';
  }

  function request(node) {
    const id = node.id;
    if (requests.has(id) || performance.now() - (requestTimes.get(id) || -PAUSE) < PAUSE) return;
    requestTimes.set(id, performance.now());
    const pending = $.ajax({
      url: 'remaster/preview/' + encodeURIComponent(id),
      xhrFields: { responseType: 'blob' },
      processData: false,
    });
    requests.set(id, pending);
    pending
      .done(function (blob, status, xhr) {
        if (xhr.status === 200 && node.preview) load(node, blob);
      })
      .always(function () {
        requests.delete(id);
      });
  }

  /** Draws the image once it is decoded: no flicker, and its height is known. */
  function load(node, blob) {
    const url = URL.createObjectURL(blob);
    const image = new Image();
    image.onload = function () {
      const previous = images.get(node.id);
      images.set(node.id, { url: url, height: Math.round((WIDTH * image.height) / image.width) });
      draw(node, document.getElementById(node.id));
      if (previous) URL.revokeObjectURL(previous.url);
    };
    image.onerror = function () {
      URL.revokeObjectURL(url);
    };
    image.src = url;
  }

  function draw(node, element) {
    if (!node.preview) forget(node.id);
    if (!element) return;
    const preview = images.get(node.id);
    let image = element.querySelector('.remaster-preview');
    if (!preview) {
      if (image) image.remove();
      return;
    }
    if (!image) {
      image = document.createElementNS(SVG, 'image');
      image.setAttribute('class', 'remaster-preview');
      image.setAttribute('pointer-events', 'none'); // nodes below it stay clickable
      element.appendChild(image);
    }
    image.setAttribute('x', 0);
    image.setAttribute('y', node.h + STATUS);
    image.setAttribute('width', WIDTH);
    image.setAttribute('height', preview.height);
    image.setAttribute('href', preview.url);
  }

  function forget(id) {
    const preview = images.get(id);
    if (preview) URL.revokeObjectURL(preview.url);
    images.delete(id);
    const pending = requests.get(id);
    if (pending) pending.abort();
  }
})();
