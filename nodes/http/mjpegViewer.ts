import type { ServerResponse } from 'node:http';
import type { LiveJpeg } from '../../src/settings/liveJob';
import type { FrameBroadcast } from './frameBroadcast';
import type { Viewer } from './viewers';

/** Milliseconds after which a viewer that reads no data is disconnected. */
const STALLED_MS = 30_000;
const BOUNDARY = 'remaster-frame';

/** The head of an MJPEG stream. */
export const MJPEG_HEADERS = {
  'Content-Type': `multipart/x-mixed-replace; boundary=${BOUNDARY}`,
  Connection: 'close',
};

/** An MJPEG stream to a browser. Writes the next JPEG only after the previous one was sent. */
export function mjpegViewer(response: ServerResponse, broadcast: FrameBroadcast): Viewer {
  response.writeHead(200, MJPEG_HEADERS);
  response.write(`--${BOUNDARY}\r\n`);
  let stalled: NodeJS.Timeout | undefined;
  const viewer: Viewer = {
    show({ data }: LiveJpeg) {
      response.write(`Content-Type: image/jpeg\r\nContent-Length: ${data.length}\r\n\r\n`);
      response.write(data);
      // The boundary follows at once: browsers show an image when its end arrives.
      const isFlushed = response.write(`\r\n--${BOUNDARY}\r\n`);
      if (!isFlushed) stalled = setTimeout(() => response.destroy(), STALLED_MS);
      return isFlushed;
    },
    end: () => void response.end(),
    drop: () => void response.destroy(),
  };
  response.on('drain', () => {
    clearTimeout(stalled);
    broadcast.ready(viewer);
  });
  response.on('error', () => {}); // 'close' follows
  response.on('close', () => {
    clearTimeout(stalled);
    broadcast.remove(viewer);
  });
  return viewer;
}
