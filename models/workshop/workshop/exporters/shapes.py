"""Annotates a graph with symbolic shapes, with which onnxruntime plans its memory faster when it loads the graph."""
import onnx

# Batch, height and width as multiples of the traced ones. Sizes that are equal in all three cases get the same number or name.
CASES = [(2, 3, 11), (3, 5, 13), (5, 7, 17)]


def annotate_shapes(model: onnx.ModelProto, free: dict[str, dict[int, str]]):
    """Adds the type and shape of every tensor to `model`. free: the dynamic axes of its inputs, and the sizes they were traced with."""
    graph = model.graph
    found = [_inferred(model, free, factors) for factors in CASES]
    del graph.value_info[:]
    for name, value in found[0].items():
        kept = graph.value_info.add()
        kept.CopyFrom(value)
        for i, dim in enumerate(kept.type.tensor_type.shape.dim):
            sizes = [case[name].type.tensor_type.shape.dim[i].dim_value for case in found if name in case]
            dim.Clear()
            if len(sizes) < len(CASES) or 0 in sizes:
                continue  # depends on values
            if len(set(sizes)) == 1:
                dim.dim_value = sizes[0]
            else:
                dim.dim_param = '|'.join(map(str, sizes))


def _inferred(model: onnx.ModelProto, free, factors) -> dict[str, onnx.ValueInfoProto]:
    # Without the weights, because a large model does not fit into one protobuf message.
    graph = model.graph
    weights = [tensor for tensor in graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT]
    declared = [onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims) for tensor in weights]
    rest = [tensor for tensor in graph.initializer if tensor.data_type != onnx.TensorProto.FLOAT]
    inputs = [_sized(value, free.get(value.name, {}), factors) for value in graph.input]
    outputs = [onnx.helper.make_empty_tensor_value_info(value.name) for value in graph.output]
    bare = onnx.helper.make_graph(graph.node, graph.name, [*inputs, *declared], outputs, rest)
    whole = onnx.shape_inference.infer_shapes(onnx.helper.make_model(bare, opset_imports=model.opset_import), data_prop=True)
    return {value.name: value for value in whole.graph.value_info if value.type.HasField('tensor_type')}


def _sized(value: onnx.ValueInfoProto, sizes: dict[int, int], factors) -> onnx.ValueInfoProto:
    sized = onnx.ValueInfoProto()
    sized.CopyFrom(value)
    for axis, traced in sizes.items():
        dim = sized.type.tensor_type.shape.dim[axis]
        dim.Clear()
        dim.dim_value = traced * factors[{0: 0, 2: 1, 3: 2}[axis]]
    return sized
