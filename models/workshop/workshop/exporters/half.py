"""float16 weights, with float32 where float16 would overflow or lose the timestep."""
import onnx

# Sums over many values, their exponentials, and indices.
GUARDED = ['InstanceNormalization', 'GroupNormalization', 'LayerNormalization', 'Softmax', 'ReduceMean', 'ReduceSum', 'ReduceL2',
           'Pow', 'Sqrt', 'Exp', 'Sin', 'Cos', 'ArgMin', 'Resize', 'Range', 'CumSum', 'Erf']


def to_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with float16 inside and float32 at its ends. It has to say of every tensor what type it is (`note_shapes`)."""
    from onnxruntime.transformers.float16 import convert_float_to_float16
    _constants_to_initializers(model.graph)
    return convert_float_to_float16(model, keep_io_types=True, disable_shape_infer=True, op_block_list=GUARDED,
                                    node_block_list=[node.name for node in [*time_branch(model.graph), *_quantisers(model.graph)]])


def _constants_to_initializers(graph: onnx.GraphProto):
    """The converter keeps what guarded nodes and `Resize` are given as float32 only if it is an initializer."""
    for node in [node for node in graph.node if node.op_type == 'Constant' and node.attribute[0].name == 'value']:
        tensor = graph.initializer.add()
        tensor.CopyFrom(node.attribute[0].t)
        tensor.name = node.output[0]
        graph.node.remove(node)
    weights = {tensor.name for tensor in graph.initializer}
    for value in [value for value in graph.value_info if value.name in weights]:
        graph.value_info.remove(value)


def time_branch(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """What is computed from `t` alone: nearly nothing at run time, since it is folded, and float16 cannot hold 999·frequency."""
    fixed = {tensor.name for tensor in graph.initializer} | {''}
    timely = {value.name for value in graph.input if value.name == 't'}
    found = []
    for node in graph.node:  # in the order of computation
        inputs = set(node.input)
        if node.op_type == 'Constant' or (inputs and inputs <= fixed):
            fixed |= set(node.output)
        elif inputs <= fixed | timely:
            timely |= set(node.output)
            found.append(node)
    return found


def _quantisers(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Distances to code words, of which the smallest is looked for."""
    return [node for node in graph.node if '/quantize/' in node.name]
