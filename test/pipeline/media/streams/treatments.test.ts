import assert from 'node:assert/strict';
import type { MediaInfo, StreamInfo } from '../../../../src/pipeline/media/describe/mediaInfo';
import { isSameLanguage, streamOptions } from '../../../../src/pipeline/media/streams/carriedStreams';
import { counterparts } from '../../../../src/pipeline/media/streams/counterparts';
import { treatmentsOf, type Wanted } from '../../../../src/pipeline/media/streams/treatments';
import type { Container } from '../../../../src/settings/container';

const stream = (kind: StreamInfo['kind'], codec: string, changes: Partial<StreamInfo> = {}): StreamInfo => ({
  ...{
    index: 1,
    kind,
    codec,
    isCoverArt: false,
    tags: {},
    timeBase: { num: 1, den: 1000 },
    start: 0,
    video: null,
    flags: {},
    speakers: null,
  },
  ...changes,
});
const media = (changes: Partial<MediaInfo> = {}): MediaInfo => ({
  ...{ streams: [], chapters: [], tags: {}, duration: 1 },
  ...changes,
});

/** Codecs in the order they are tried; null: not wanted. */
function ways(of: StreamInfo, container: Container, changes: Partial<Wanted> = {}, whole = media()): string[] | null {
  const found = treatmentsOf(of, whole, container, { audio: 'copy', extras: true, ...changes });
  return found && found.map(({ codec }) => codec);
}

describe('treatmentsOf', () => {
  it('sound is copied where players play it, else lossless sound stays lossless where it can', () => {
    for (const [codec, mp4, mov, mkv] of [
      ['aac', ['copy', 'aac'], ['copy', 'aac'], ['copy', 'aac']],
      ['opus', ['copy', 'aac'], ['aac'], ['copy', 'aac']],
      ['pcm_s16le', ['aac'], ['copy', 'pcm_s24le', 'aac'], ['copy', 'flac', 'aac']],
      ['pcm_dvd', ['aac'], ['pcm_s24le', 'aac'], ['flac', 'aac']],
      ['pcm_bluray', ['aac'], ['pcm_s24le', 'aac'], ['flac', 'aac']],
      ['flac', ['aac'], ['pcm_s24le', 'aac'], ['copy', 'flac', 'aac']],
      ['none', ['aac'], ['aac'], ['aac']],
      ['alac', ['alac', 'aac'], ['alac', 'aac'], ['copy', 'flac', 'aac']],
      ['pcm_f32be', ['aac'], ['copy', 'aac'], ['copy', 'pcm_f32le', 'aac']],
      ['pcm_f64le', ['aac'], ['copy', 'aac'], ['copy', 'aac']],
    ] as const)
      assert.deepEqual(
        (['mp4', 'mov', 'mkv'] as const).map((container) => ways(stream('audio', codec), container)),
        [mp4, mov, mkv],
        codec,
      );
    const endless = stream('audio', 'alac', { timeBase: { num: 1, den: 44_100 } });
    assert.deepEqual(ways(endless, 'mp4'), ['copy', 'aac']);
    assert.deepEqual(ways(stream('audio', 'aac'), 'mkv', { audio: 'encode' }), ['aac']);
    assert.equal(ways(stream('audio', 'aac'), 'mkv', { audio: 'none' }), null);
    assert.deepEqual(ways(stream('audio', 'aac'), 'mkv', { extras: false }), ['copy', 'aac']);
  });

  it('subtitles are copied or become text; images of text stay images', () => {
    for (const [codec, mp4, mkv] of [
      ['subrip', ['mov_text'], ['copy', 'subrip']],
      ['mov_text', ['copy', 'mov_text'], ['subrip']],
      ['eia_608', ['mov_text'], ['subrip']],
      ['dvb_teletext', ['mov_text'], ['subrip']],
      ['dvd_subtitle', [], ['copy', 'dvdsub']],
      ['xsub', [], ['copy', 'dvdsub']],
    ] as const) {
      assert.deepEqual(ways(stream('subtitle', codec), 'mp4'), mp4, codec);
      assert.deepEqual(ways(stream('subtitle', codec), 'mkv'), mkv, codec);
    }
    assert.equal(ways(stream('subtitle', 'subrip'), 'mkv', { extras: false }), null);
    const [, text] = treatmentsOf(stream('subtitle', 'ass'), media(), 'mkv', { audio: 'copy', extras: true })!;
    assert.equal(text!.becomes, 'text without its styles');
  });

  it('covers, attachments and data', () => {
    const cover = stream('video', 'png', { isCoverArt: true });
    assert.deepEqual([ways(cover, 'mp4'), ways(cover, 'mkv')], [['copy'], ['attach']]);
    assert.deepEqual(
      [ways(stream('attachment', 'ttf'), 'mp4'), ways(stream('attachment', 'ttf'), 'mkv')],
      [[], ['copy']],
    );
    assert.deepEqual([ways(stream('data', 'none'), 'mp4'), ways(stream('unknown', 'none'), 'mp4')], [['copy'], []]);
    assert.deepEqual(ways(stream('video', 'h264'), 'mp4'), []);
  });

  it('tracks that ffmpeg writes anew are not wanted: time codes, and texts of chapters', () => {
    assert.equal(ways(stream('data', 'none', { tags: { timecode: '01:00:00:00' } }), 'mov'), null);
    const chapters = media({ chapters: [{ start: 0, title: 'One' }] });
    assert.equal(ways(stream('data', 'bin_data'), 'mp4', {}, chapters), null);
    assert.deepEqual(ways(stream('data', 'bin_data'), 'mp4'), ['copy']);
    assert.deepEqual(ways(stream('data', 'none'), 'mp4', {}, chapters), ['copy']);
    assert.deepEqual(ways(stream('subtitle', 'mov_text', { tags: { timecode: '01:00:00:00' } }), 'mp4'), [
      'copy',
      'mov_text',
    ]);
  });
});

describe('streamOptions', () => {
  it('languages get the names that QuickTime has, and stay the same languages', () => {
    for (const [language, name] of [
      ['fre', 'fra'],
      ['rum', 'ron'],
      ['swe', 'sve'],
      ['ron', null],
      ['eng', null],
    ] as const) {
      const sound = {
        stream: stream('audio', 'aac', { tags: { language } }),
        treatment: { codec: 'copy', becomes: null },
      };
      const options = streamOptions([sound], 'mov', 1, false);
      assert.equal(options.find((each) => each.startsWith('language=')) ?? null, name && `language=${name}`);
      assert.ok(isSameLanguage(language, name ?? language));
      assert.ok(!streamOptions([sound], 'mkv', 1, false).some((each) => each.startsWith('language=')));
    }
    assert.ok(!isSameLanguage('fra', 'ger'));
  });
});

describe('counterparts', () => {
  const treatment = { codec: 'copy', becomes: null };
  const [video, sound, words] = [stream('video', 'h264'), stream('audio', 'aac'), stream('subtitle', 'subrip')];
  const cover = stream('video', 'png', { isCoverArt: true });
  const font = stream('attachment', 'ttf');
  const found = (carried: readonly StreamInfo[], result: readonly StreamInfo[]) =>
    counterparts(
      carried.map((each) => ({ stream: each, treatment })),
      { streams: result },
    );

  it('tracks, covers and attachments keep their order among themselves', () => {
    const result = [cover, video, words, sound, font].map((each, index) => ({ ...each, index }));
    assert.deepEqual(
      found([words, cover, font, sound], result).map((each) => each?.index),
      [2, 0, 4, 3],
    );
  });

  it('a missing one is undefined, and tracks that were not carried come last', () => {
    const chapters = stream('data', 'bin_data');
    assert.deepEqual(found([sound, words], [video, sound]), [sound, undefined]);
    assert.deepEqual(found([sound], [video, sound, chapters]), [sound]);
  });
});
