"""float16 weights, with float32 where float16 would overflow or lose the timestep."""
import onnx

# Sums over many values, their exponentials, and indices.
GUARDED = ['InstanceNormalization', 'GroupNormalization', 'LayerNormalization', 'Softmax', 'ReduceMean', 'ReduceSum', 'ReduceL2',
           'Pow', 'Sqrt', 'Exp', 'Sin', 'Cos', 'ArgMin', 'Resize', 'Range', 'CumSum', 'Erf']


def to_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with float16 inside and float32 at its ends."""
    from onnxruntime.transformers.float16 import convert_float_to_float16
    _constants_to_initializers(model.graph)
    model.graph.value_info.extend(_types(model))
    return convert_float_to_float16(model, keep_io_types=True, disable_shape_infer=True, op_block_list=GUARDED,
                                    node_block_list=[node.name for node in [*time_branch(model.graph), *_quantisers(model.graph)]])


def _constants_to_initializers(graph: onnx.GraphProto):
    """The converter keeps what guarded nodes and `Resize` are given as float32 only if it is an initializer."""
    for node in [node for node in graph.node if node.op_type == 'Constant' and node.attribute[0].name == 'value']:
        tensor = graph.initializer.add()
        tensor.CopyFrom(node.attribute[0].t)
        tensor.name = node.output[0]
        graph.node.remove(node)


def _types(model: onnx.ModelProto) -> list[onnx.ValueInfoProto]:
    """
    Of everything computed: the converter puts its casts around guarded nodes only where it knows that a tensor holds
    floats. Inferred without the weights, with which a large model would not fit into one message.
    """
    graph = model.graph
    weights = [tensor for tensor in graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT]
    declared = [onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims) for tensor in weights]
    rest = [tensor for tensor in graph.initializer if tensor.data_type != onnx.TensorProto.FLOAT]
    bare = onnx.helper.make_graph(graph.node, graph.name, [*graph.input, *declared], graph.output, rest)
    return list(onnx.shape_inference.infer_shapes(onnx.helper.make_model(bare, opset_imports=model.opset_import)).graph.value_info)


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
