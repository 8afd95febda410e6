/** The wheel of onnxruntime-gpu that has the CUDA provider for a version of onnxruntime, with its SHA-256. */
const WHEELS: Readonly<
  Record<string, { readonly python: string; readonly platform: string; readonly sha256: string }>
> = {
  '1.30.0': {
    python: '3.11',
    platform: 'manylinux_2_28_x86_64',
    sha256: '4fbf0c5d7b5fb99266c2e8a802e3e64af68bdc383e0f3c7349b985f1087eedaa',
  },
};

/** Commands that fetch the provider library of a version into `folder`, for a shell. They are printed, never run. */
export function cudaFiles(version: string, folder: string): string {
  const wheel = WHEELS[version];
  const quoted = `'${folder.replaceAll("'", `'\\''`)}'`;
  const python = wheel?.python ?? '3.11';
  const name = `onnxruntime-gpu==${version}`;
  const target = `--no-deps --only-binary=:all: --python-version ${python} --platform ${wheel?.platform ?? 'manylinux_2_28_x86_64'} -d .`;
  const check =
    wheel === undefined
      ? `(remaster knows no hash of ${name}: compare it with the one that PyPI shows)`
      : `echo '${wheel.sha256}  '$(ls onnxruntime_gpu-${version}-*.whl) | sha256sum -c &&`;
  return [
    'Run in an empty folder:',
    `pip download '${name}' ${target} &&`,
    check,
    `unzip -j onnxruntime_gpu-${version}-*.whl 'onnxruntime/capi/libonnxruntime_providers_cuda.so' 'onnxruntime/capi/libonnxruntime_providers_shared.so' -d ${quoted}`,
  ].join('\n      ');
}
