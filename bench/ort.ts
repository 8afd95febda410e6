/** Types of onnxruntime-node, for benchmarks that use a session directly. */
export type { InferenceSession, OnnxValue as OrtValue } from 'onnxruntime-node';
