"""Converts a graph to float16, except for the operators that would overflow, and for the timestep, which would lose precision."""
import onnx

# Sums of many values, exponentials, and indices.
FLOAT32_OPERATORS = ['InstanceNormalization', 'GroupNormalization', 'LayerNormalization', 'Softmax', 'ReduceMean', 'ReduceSum', 'ReduceL2',
                     'Pow', 'Sqrt', 'Exp', 'Sin', 'Cos', 'ArgMin', 'Resize', 'Range', 'CumSum', 'Erf']


def to_float16(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with float16 weights and float32 inputs and outputs. The types of all tensors must be in it (`annotate_shapes`)."""
    from onnxruntime.transformers.float16 import convert_float_to_float16
    _constants_to_initializers(model.graph)
    return convert_float_to_float16(model, keep_io_types=True, disable_shape_infer=True, op_block_list=FLOAT32_OPERATORS,
                                    node_block_list=[node.name for node in [*timestep_nodes(model.graph), *_quantiser_nodes(model.graph)]])


def _constants_to_initializers(graph: onnx.GraphProto):
    """The converter keeps the inputs of float32 operators in float32 only if they are initializers."""
    for node in [node for node in graph.node if node.op_type == 'Constant' and node.attribute[0].name == 'value']:
        tensor = graph.initializer.add()
        tensor.CopyFrom(node.attribute[0].t)
        tensor.name = node.output[0]
        graph.node.remove(node)
    weights = {tensor.name for tensor in graph.initializer}
    for value in [value for value in graph.value_info if value.name in weights]:
        graph.value_info.remove(value)


def timestep_nodes(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """The nodes that depend on `t` only. They cost little, because they are folded, and float16 cannot represent 999·frequency."""
    constant = {tensor.name for tensor in graph.initializer} | {''}
    from_t = {value.name for value in graph.input if value.name == 't'}
    nodes = []
    for node in graph.node:  # in topological order
        inputs = set(node.input)
        if node.op_type == 'Constant' or (inputs and inputs <= constant):
            constant |= set(node.output)
        elif inputs <= constant | from_t:
            from_t |= set(node.output)
            nodes.append(node)
    return nodes


def _quantiser_nodes(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """The distances to the code words, of which the smallest is selected."""
    return [node for node in graph.node if '/quantize/' in node.name]
