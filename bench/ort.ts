/** Types of onnxruntime-node, for benches that look under the model's door. */
export type { InferenceSession, OnnxValue as OrtValue } from 'onnxruntime-node';
