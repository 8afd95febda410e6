/** Bits of an H.264 stream, most significant first. */
class Bits {
  readonly #bytes: number[] = [];
  #current = 0;
  #count = 0;

  put(value: number, bits: number): this {
    for (let bit = bits - 1; bit >= 0; bit--) {
      this.#current = (this.#current << 1) | ((value >> bit) & 1);
      if (++this.#count < 8) continue;
      this.#bytes.push(this.#current);
      [this.#current, this.#count] = [0, 0];
    }
    return this;
  }

  /** Unsigned Exp-Golomb codes (9.1). */
  ue(...values: readonly number[]): this {
    for (const value of values) {
      const length = Math.floor(Math.log2(value + 1));
      this.put(0, length).put(value + 1, length + 1);
    }
    return this;
  }

  align(bit: 0 | 1 = 0): this {
    if (bit === 1) this.put(1, 1);
    while (this.#count > 0) this.put(0, 1);
    return this;
  }

  bytes(): number[] {
    return this.#bytes;
  }
}

/** A unit with its start code, and a byte 3 before every byte that looks like one. */
function unit(header: number, { bytes }: { bytes: readonly number[] }): Buffer {
  const out = [0, 0, 0, 1, header];
  let zeros = 0;
  for (const byte of bytes) {
    if (zeros === 2 && byte <= 3) {
      out.push(3);
      zeros = 0;
    }
    out.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Buffer.from(out);
}

/**
 * An H.264 stream (ITU-T H.264) of `frames` frames of 32 × 32 pixels in pairs of fields, each coded as a picture of its own
 * (PAFF), 25 frames per second. Every macroblock is I_PCM; every frame has its own brightness. No encoder of ffmpeg makes such
 * streams; broadcasts and camcorders have them.
 */
export function paffStream(frames: number): Buffer {
  const sps = new Bits()
    .put(77, 8) // Main profile
    .put(0, 8)
    .put(30, 8)
    .ue(0, 0, 2, 1) // sps, log2_max_frame_num − 4, pic_order_cnt_type 2: output in coding order, max_num_ref_frames
    .put(0, 1)
    .ue(1, 0) // 2 macroblocks wide, 1 map unit of 2 macroblocks high
    .put(0, 1) // frame_mbs_only_flag
    .put(0, 1) // mb_adaptive_frame_field_flag
    .put(1, 1) // direct_8x8_inference_flag
    .put(0, 1) // no cropping
    .put(1, 1) // VUI: only timing
    .put(0, 4)
    .put(1, 1)
    .put(0, 16)
    .put(1, 16) // num_units_in_tick
    .put(0, 16)
    .put(50, 16) // time_scale: fields per second
    .put(1, 1)
    .put(0, 4)
    .align(1);
  const pps = new Bits().ue(0, 0).put(0, 1).put(0, 1).ue(0, 0, 0).put(0, 1).put(0, 2).ue(0, 0, 0).put(0, 3).align(1);
  const units = [unit(0x67, { bytes: sps.bytes() }), unit(0x68, { bytes: pps.bytes() })];
  for (let frame = 0; frame < frames; frame++) for (const bottom of [0, 1] as const) units.push(field(frame, bottom));
  return Buffer.concat(units);
}

/** An IDR picture whose second field is a plain I picture. */
function field(frame: number, bottom: 0 | 1): Buffer {
  const isIdr = bottom === 0;
  const slice = new Bits().ue(0, 7, 0).put(0, 4).put(1, 1).put(bottom, 1); // first_mb, I, pps, frame_num, field
  if (isIdr)
    slice.ue(frame % 2).put(0, 2); // idr_pic_id, no long-term reference
  else slice.put(0, 1); // no adaptive marking
  slice.ue(0); // slice_qp_delta 0
  for (let block = 0; block < 2; block++) {
    slice.ue(25).align(); // I_PCM
    for (let i = 0; i < 256; i++) slice.put(40 + ((frame * 7 + i + bottom) % 180), 8);
    for (let i = 0; i < 128; i++) slice.put(128, 8);
  }
  return unit(isIdr ? 0x65 : 0x61, { bytes: slice.align(1).bytes() });
}
