import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { doctor } from '../../../../src/engine/process/doctor';
import { type CudaFacts, diagnoseCuda } from '../../../../src/engine/process/cuda/diagnoseCuda';
import { neededLibraries } from '../../../../src/engine/process/cuda/neededLibraries';
import { runtimeFolder } from '../../../../src/model/inference/runtimeFolder';
import { scratchFolder } from '../../../support/videos';

// What the library of onnxruntime-gpu 1.30.0 needs, by `readelf -d`; cuDNN is loaded when it is needed.
const NEEDED = [
  'libcublasLt.so.13',
  'libcublas.so.13',
  'libcurand.so.10',
  'libcudart.so.13',
  'libcuda.so.1',
  'libc.so.6',
];

describe('what keeps CUDA from working', () => {
  const scratch = scratchFolder();
  const facts = (changes: Partial<CudaFacts>): CudaFacts => ({
    ...{ version: '1.30.0', folder: "/it's/x64", missing: [], needed: NEEDED, hasDevice: true },
    ...{ loadable: new Set([...NEEDED, 'libcudnn.so.9']), elsewhere: new Map() },
    ...changes,
  });
  const without = (...names: readonly string[]) =>
    new Set([...NEEDED, 'libcudnn.so.9'].filter((name) => !names.includes(name)));
  const toolkit = NEEDED.slice(0, 4);

  it('no GPU', () => {
    assert.match(diagnoseCuda(facts({ hasDevice: false, missing: ['x.so'] }))!.found, /no NVIDIA GPU here/);
  });

  it('the provider library: commands with the hash of that version', () => {
    const { found, remedy } = diagnoseCuda(facts({ missing: ['libonnxruntime_providers_cuda.so'] }))!;
    assert.equal(found, "the provider library is missing: libonnxruntime_providers_cuda.so in /it's/x64");
    assert.match(remedy, /pip download 'onnxruntime-gpu==1\.30\.0' --no-deps .*--python-version 3\.11/);
    assert.match(remedy, /echo '[0-9a-f]{64} {2}'\$\(ls onnxruntime_gpu-1\.30\.0-\*\.whl\) \| sha256sum -c &&/);
    assert.match(remedy, /-d '\/it'\\''s\/x64'$/);
    const other = diagnoseCuda(facts({ version: '1.31.0', missing: ['libonnxruntime_providers_cuda.so'] }))!;
    assert.match(other.remedy, /onnxruntime-gpu==1\.31\.0[^]*knows no hash of onnxruntime-gpu==1\.31\.0/);
  });

  it('the driver, before the libraries', () => {
    const { found } = diagnoseCuda(facts({ loadable: without('libcuda.so.1', 'libcudart.so.13') }))!;
    assert.match(found, /^the NVIDIA driver is missing: the loader does not find libcuda\.so\.1$/);
  });

  it('CUDA, cuDNN or both, by version, and the versions that are of no use', () => {
    const found = (...names: readonly string[]): string => diagnoseCuda(facts({ loadable: without(...names) }))!.found;
    assert.equal(found('libcudnn.so.9'), 'cuDNN 9 is missing: the loader does not find libcudnn.so.9');
    assert.match(found(...toolkit), /^CUDA 13 is missing: .*libcublasLt\.so\.13/);
    assert.match(found(...toolkit, 'libcudnn.so.9'), /^CUDA 13 and cuDNN 9 are missing: /);
    assert.match(found('libcurand.so.10'), /^CUDA is missing/);
    const loadable = new Set([...without(...toolkit), 'libcudart.so.12', 'libcublas.so.12', 'libcublas.so']);
    assert.match(diagnoseCuda(facts({ loadable }))!.found, /; of no use: libcublas\.so\.12, libcudart\.so\.12$/);
  });

  it('a folder that the loader does not search', () => {
    const elsewhere = new Map(toolkit.map((name) => [name, '/usr/local/cuda-13/lib64']));
    const { found, remedy } = diagnoseCuda(facts({ loadable: without(...toolkit), elsewhere }))!;
    assert.match(found, /^the loader does not look where libcublasLt\.so\.13, .* are: \/usr\/local\/cuda-13\/lib64$/);
    assert.match(remedy, /export LD_LIBRARY_PATH=\/usr\/local\/cuda-13\/lib64\$\{LD_LIBRARY_PATH/);
  });

  it('nothing: then the words of onnxruntime count', () => assert.equal(diagnoseCuda(facts({})), null));

  it('reads from a library what it needs', async function () {
    const folder = runtimeFolder();
    if (process.platform !== 'linux' || folder === null) return this.skip();
    const needed = await neededLibraries(join(folder, 'libonnxruntime.so.1'));
    assert.ok(needed.includes('libc.so.6') && needed.every((name) => /^(lib|ld-)/.test(name)), needed.join());
    writeFileSync(join(scratch, 'no.so'), 'x'.repeat(100));
    await assert.rejects(neededLibraries(join(scratch, 'no.so')), /is no library for 64-bit Linux/);
    writeFileSync(join(scratch, 'short.so'), 'x');
    await assert.rejects(neededLibraries(join(scratch, 'short.so')), /ends too early/);
  });

  it('is in the report of the doctor', async function () {
    if (process.platform !== 'linux' || process.arch !== 'x64') return this.skip();
    const line = (await doctor(scratch)).lines.find(({ what }) => what === 'provider cuda');
    assert.ok(line?.ok === true || /no NVIDIA GPU|provider library|missing|loader/.test(line!.found), line?.found);
  });
});
