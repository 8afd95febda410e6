import assert from 'node:assert/strict';
import { hardwareCodec } from '../../../../src/pipeline/media/hardware/hardwareCodec';
import { KINDS } from '../../../../src/pipeline/media/hardware/hardwareEncoders';
import { type Hardware, HARDWARE, type HardwareCodec } from '../../../../src/settings/hardware';

describe('a hardware encoder', () => {
  const all = { encoders: new Set(HARDWARE.flatMap((kind) => Object.values(KINDS[kind].encoders))) };
  const offer = (kind: Hardware, name: HardwareCodec, pixelFormat = 'yuv420p', crf = 18) => {
    const device = kind === 'vaapi' ? '/dev/dri/renderD129' : null;
    const target = { name, container: 'mp4', pixelFormat } as const;
    return hardwareCodec(all, target, kind, device, crf, KINDS[kind].platforms[0]);
  };

  for (const [kind, name, options] of [
    ['nvenc', 'h264', '-c:v h264_nvenc -preset p5 -rc vbr -cq 18 -b:v 0'],
    ['nvenc', 'h265', '-c:v hevc_nvenc -preset p5 -rc vbr -cq 18 -b:v 0'],
    ['nvenc', 'av1', '-c:v av1_nvenc -preset p5 -rc vbr -cq 18 -b:v 0'],
    ['qsv', 'h264', '-c:v h264_qsv -preset medium -global_quality 18'],
    ['vaapi', 'h264', '-c:v h264_vaapi -rc_mode CQP -qp 18'],
    ['vaapi', 'av1', '-c:v av1_vaapi -rc_mode CQP -global_quality 72'],
    ['videotoolbox', 'h265', '-c:v hevc_videotoolbox -q:v 67 -allow_sw 0'],
    ['amf', 'h265', '-c:v hevc_amf -usage transcoding -quality quality -rc cqp -qp_i 18 -qp_p 18'],
    ['amf', 'av1', '-c:v av1_amf -usage transcoding -quality quality -rc cqp -qp_i 72 -qp_p 72'],
  ] as const) {
    it(`${kind} gets its own options for ${name}`, () => {
      assert.equal(offer(kind, name).codec?.options.join(' '), options);
    });
  }

  it('gets its pixel format, and VA-API its device and the upload', () => {
    const { device, filters } = offer('vaapi', 'h265', 'yuv420p10le').codec!;
    assert.deepEqual(
      [device, filters],
      [
        ['-vaapi_device', '/dev/dri/renderD129'],
        ['format=p010le', 'hwupload'],
      ],
    );
    assert.deepEqual(offer('nvenc', 'h264').codec!.filters, ['format=nv12']);
    assert.deepEqual(offer('nvenc', 'h264', 'yuv444p').codec!.filters, ['format=yuv444p']);
    assert.equal(offer('nvenc', 'h265', 'yuv420p10le').codec!.pixelFormat, 'yuv420p10le'); // of the result
  });

  it('keeps the quality within its limits', () => {
    const last = (kind: Hardware, name: HardwareCodec, crf: number) => offer(kind, name, 'yuv420p', crf).codec!.options;
    assert.ok(last('nvenc', 'h264', 0).join(' ').includes('-cq 1 ')); // 0 is automatic
    assert.equal(last('nvenc', 'av1', 63)[7], '51');
    assert.equal(last('vaapi', 'av1', 63).at(-1), '252');
    assert.equal(last('qsv', 'h264', 51).at(-1), '51');
    assert.deepEqual(
      [0, 51].map((crf) => last('videotoolbox', 'h264', crf)[3]),
      ['100', '1'],
    );
  });

  it('says what it cannot do', () => {
    const target = { name: 'h264', container: 'mp4', pixelFormat: 'yuv420p' } as const;
    const why = (...[changes, kind, platform]: [object, Hardware, NodeJS.Platform]) =>
      hardwareCodec(all, { ...target, ...changes }, kind, null, 18, platform).why;
    assert.equal(why({ name: 'ffv1' }, 'nvenc', 'linux'), 'NVIDIA (NVENC) does not encode ffv1');
    assert.equal(why({}, 'videotoolbox', 'linux'), 'Apple VideoToolbox does not exist on linux');
    assert.equal(
      why({ pixelFormat: 'yuv420p10le' }, 'nvenc', 'linux'),
      'NVIDIA (NVENC) does not encode h264 in yuv420p10le',
    );
    assert.equal(why({ pixelFormat: 'yuv422p' }, 'qsv', 'linux'), 'Intel Quick Sync does not encode h264 in yuv422p');
    const none = hardwareCodec({ encoders: new Set() }, target, 'amf', null, 18, 'win32');
    assert.equal(none.why, 'AMD (AMF) is not in this ffmpeg (no h264_amf)');
  });
});
