import assert from 'node:assert/strict';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { createEngine } from '../../../src/engine/client/engine';
import { IMAGE_DEFAULTS, type ImageJob } from '../../../src/settings/imageJob';
import { pattern, samples } from '../../support/images';

const FORMATS = ['jpeg', 'png', 'webp'] as const;

describe('metadata of an upscaled image', function () {
  this.timeout(60_000);
  const worker = createEngine();
  after(() => worker.close());

  const upscale = async (data: Buffer, changes: Partial<ImageJob> = {}): Promise<Buffer> => {
    const job = { ...IMAGE_DEFAULTS, model: 'x4', provider: 'cpu' as const, steps: 1, ...changes };
    const result = await worker.ask('image', { source: { kind: 'file', data }, mask: null, job });
    await sharp(result.data, { failOn: 'warning' }).stats(); // the file is complete
    return Buffer.from(result.data);
  };
  const metadata = (file: Buffer) => sharp(file).metadata();
  const plain = () => pattern(24, 16);

  it('has the resolution of the same size on paper', async () => {
    for (const from of FORMATS) {
      const file = await plain().withMetadata({ density: 300 }).toFormat(from).toBuffer();
      assert.equal(exifDensity((await metadata(file)).exif!), 300);
      for (const to of FORMATS) {
        const result = await upscale(file, { format: to });
        if (to !== 'webp') assert.equal((await metadata(result)).density, 1200, `${from} to ${to}`);
        assert.equal(exifDensity((await metadata(result)).exif!), 1200, `${from} to ${to}`);
        assert.equal(exifDensity((await metadata(await upscale(file, { format: to, scale: 2 }))).exif!), 600);
      }
    }
  });

  it('has the resolution also where the source says it outside of EXIF', async () => {
    const png = withChunk(await bare(), 'pHYs', Buffer.from([0, 0, 0x2e, 0x23, 0, 0, 0x2e, 0x23, 1]));
    const result = await upscale(png);
    assert.deepEqual([...chunks(result)].filter(({ kind }) => kind === 'pHYs').length, 1);
    const { data } = [...chunks(result)].find(({ kind }) => kind === 'pHYs')!;
    assert.deepEqual([data.readUInt32BE(0), data.readUInt32BE(4), data[8]], [47244, 47244, 1]);
    const ratio = withChunk(await bare(), 'pHYs', Buffer.from([0, 0, 0, 4, 0, 0, 0, 3, 0])); // pixels of 4:3, no size
    const unknown = [...chunks(await upscale(ratio))].find(({ kind }) => kind === 'pHYs')!;
    assert.equal(unknown.data.readUInt32BE(0), 1000, 'what sharp writes for an unknown size');
    const jpeg = await upscale(png, { format: 'jpeg' });
    assert.deepEqual([jpeg.toString('latin1', 6, 11), jpeg[13], jpeg.readUInt16BE(14)], ['JFIF\0', 1, 1200]);
    assert.ok(Math.abs(exifDensity((await metadata(await upscale(png, { format: 'webp' }))).exif!) - 1200) < 0.01);
    const inch = segment(0xe0, Buffer.from('JFIF\0\x01\x02\x02\0\x64\0\x64\0\0', 'latin1')); // 100 per centimetre
    const file = await plain().jpeg().toBuffer();
    const after = await upscale(Buffer.concat([file.subarray(0, 2), inch, file.subarray(2)]));
    assert.deepEqual([after[13], after.readUInt16BE(14), after.readUInt16BE(16)], [1, 1016, 1016]);
  });

  it('has the XMP of the source, corrected where the image has changed', async () => {
    const words = '<rdf:li xml:lang="x-default">© Ünder</rdf:li>';
    const packet = (turned: string, wide: number, high: number, dpi: string): string =>
      `<x:xmpmeta xmlns:x="adobe:ns:meta/" tiff:Orientation="${turned}" exif:PixelXDimension="${wide}">` +
      `<tiff:XResolution>${dpi}</tiff:XResolution><tiff:ImageLength>${high}</tiff:ImageLength>${words}</x:xmpmeta>`;
    for (const from of FORMATS) {
      const file = await plain()
        .withXmp(packet('1', 24, 16, '72/1'))
        .toFormat(from)
        .toBuffer();
      for (const to of FORMATS) {
        const { xmp } = await metadata(await upscale(file, { format: to }));
        assert.equal(xmp?.toString(), packet('1', 96, 64, '288/1'), `${from} to ${to}`);
      }
    }
    const turned = plain()
      .withMetadata({ orientation: 6 })
      .withXmp(packet('6', 24, 16, '300000/10'))
      .jpeg();
    const { xmp, exif, orientation } = await metadata(await upscale(await turned.toBuffer(), { format: 'webp' }));
    assert.equal(xmp?.toString(), packet('1', 64, 96, '1200000/10'));
    assert.deepEqual([orientation, exif !== undefined], [1, true]);
  });

  it('a PNG keeps its texts byte for byte, and they become comments of a JPEG', async () => {
    const texts = [
      ['tEXt', Buffer.from('parameters\0a red fox, steps: 20', 'latin1')],
      ['zTXt', Buffer.concat([Buffer.from('prompt\0\0'), deflateSync('{"seed": 1}')])],
      ['iTXt', Buffer.from('Title\0\0\0de\0Titel\0Füchse')],
      ['tEXt', Buffer.from('Comment\0caf\xe9', 'latin1')],
      ['zTXt', Buffer.from('torn\0\0not deflated')],
    ] as const;
    const file = texts.toReversed().reduce((png, [kind, data]) => withChunk(png, kind, data), await bare());
    const kept = [...chunks(await upscale(file))].filter(({ kind }) => /^[tzi]TXt$|tEXt/.test(kind));
    assert.deepEqual(
      kept.map(({ kind, data }) => [kind, data]),
      texts,
    );
    assert.deepEqual(comments(await upscale(file, { format: 'jpeg' })), [
      'parameters: a red fox, steps: 20',
      'prompt: {"seed": 1}',
      'Title: Füchse',
      'café',
    ]);
    assert.ok((await samples(await upscale(file))).equals(await samples(await upscale(await bare()))));
  });

  it('a JPEG keeps its comments, and they become texts of a PNG', async () => {
    const jpeg = await plain().jpeg().toBuffer();
    const long = 'x'.repeat(65_533);
    const segments = ['Grüße', long].map((text) => segment(0xfe, Buffer.from(text)));
    const file = Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);
    assert.deepEqual(comments(await upscale(file)), ['Grüße', long]);
    const { comments: texts } = await metadata(await upscale(file, { format: 'png' }));
    assert.deepEqual(
      texts?.map(({ keyword, text }) => [keyword, text.length]),
      [
        ['Comment', 5],
        ['Comment', 65_533],
      ],
    );
    const png = withChunk(await bare(), 'tEXt', Buffer.from(`Comment\0${long}yz`));
    assert.deepEqual(comments(await upscale(png, { format: 'jpeg' })), [long, 'yz']);
  });

  it('an image without metadata gets none', async () => {
    const kinds = [...chunks(await upscale(await bare()))].map(({ kind }) => kind);
    assert.deepEqual([...new Set(kinds)], ['IHDR', 'pHYs', 'IDAT', 'IEND']); // sharp always writes a pHYs
    const jpeg = await upscale(await plain().jpeg().toBuffer());
    assert.equal(jpeg.toString('hex', 0, 4), 'ffd8ffdb');
  });

  it('a file that is cut off anywhere is refused', async () => {
    for (const format of FORMATS) {
      const file = await plain().withXmp('<x:xmpmeta/>').withMetadata({ density: 96 }).toFormat(format).toBuffer();
      for (const missing of [1, 2, 4, 8, 11, 12, 13, 40, file.length >> 1])
        await assert.rejects(upscale(file.subarray(0, -missing)), { code: 'IMAGE_UNREADABLE' }, `${format} ${missing}`);
    }
  });
});

/** A PNG of the pattern with no chunks but the necessary ones. */
async function bare(): Promise<Buffer> {
  const file = await pattern(24, 16).png().toBuffer();
  const kept = [...chunks(file)].filter(({ kind }) => kind !== 'pHYs').map(({ whole }) => whole);
  return Buffer.concat([file.subarray(0, 8), ...kept]);
}

function* chunks(png: Buffer): Generator<{ kind: string; data: Buffer; whole: Buffer }> {
  for (let at = 8; at < png.length;) {
    const end = at + 12 + png.readUInt32BE(at);
    yield {
      kind: png.toString('latin1', at + 4, at + 8),
      data: png.subarray(at + 8, end - 4),
      whole: png.subarray(at, end),
    };
    at = end;
  }
}

/** Inserted behind the IHDR, with a right checksum (by the table-free form of the PNG specification). */
function withChunk(png: Buffer, kind: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(kind), data]);
  let crc = 0xffff_ffff;
  for (const byte of body) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
  }
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(~crc >>> 0);
  return Buffer.concat([png.subarray(0, 33), length, body, checksum, png.subarray(33)]);
}

function segment(marker: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
}

/** The pixels per inch of little-endian EXIF data. */
function exifDensity(exif: Buffer): number {
  const tiff = exif.subarray(exif.indexOf('II*\0'));
  const entry = tiff.indexOf(Buffer.from([0x1a, 0x01, 5, 0]));
  const at = tiff.readUInt32LE(entry + 8);
  return tiff.readUInt32LE(at) / tiff.readUInt32LE(at + 4);
}

/** The comments before the image data. */
function comments(jpeg: Buffer): string[] {
  const found: string[] = [];
  for (let at = 2; jpeg[at + 1] !== 0xda; at += 2 + jpeg.readUInt16BE(at + 2))
    if (jpeg[at + 1] === 0xfe) found.push(jpeg.toString('utf8', at + 4, at + 2 + jpeg.readUInt16BE(at + 2)));
  return found;
}
