import onnx
from onnx import TensorProto, helper

from workshop.exporters.shapes import annotate_shapes


def test_sizes_that_are_always_equal_get_the_same_name():
    """x [n, 3, h, w] → downscaled → upscaled → added to x; and a tensor whose size depends on values."""
    weight = helper.make_tensor('weight', TensorProto.FLOAT, [3, 3, 3, 3], [0.0] * 81)
    scales = helper.make_tensor('scales', TensorProto.FLOAT, [4], [1, 1, 2, 2])
    nodes = [
        helper.make_node('Conv', ['x', 'weight'], ['small'], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node('Constant', [], ['factors'], value=scales),
        helper.make_node('Resize', ['small', '', 'factors'], ['large']),
        helper.make_node('Add', ['large', 'x'], ['sum']),
        helper.make_node('NonZero', ['sum'], ['places']),
        helper.make_node('Cast', ['places'], ['out'], to=TensorProto.FLOAT),
    ]
    free = ['n', 3, 'h', 'w']
    graph = helper.make_graph(nodes, 'g', [helper.make_tensor_value_info('x', TensorProto.FLOAT, free)],
                              [helper.make_tensor_value_info('out', TensorProto.FLOAT, None)], [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)])
    annotate_shapes(model, {'x': {0: 1, 2: 8, 3: 8}})
    sizes = {value.name: value.type.tensor_type.shape.dim for value in model.graph.value_info}
    small, total = sizes['small'], sizes['sum']
    assert small[1].dim_value == total[1].dim_value == 3
    assert small[0].dim_param == total[0].dim_param != ''
    assert len({small[2].dim_param, small[3].dim_param, total[2].dim_param, total[3].dim_param}) == 4
    assert sizes['places'][0].dim_value == 4 and not sizes['places'][1].dim_param


def test_fixed_sizes_stay_numbers():
    nodes = [helper.make_node('Relu', ['x'], ['y']), helper.make_node('Relu', ['y'], ['z'])]
    graph = helper.make_graph(nodes, 'g', [helper.make_tensor_value_info('x', TensorProto.FLOAT, [1, 3, 8, 8])],
                              [helper.make_tensor_value_info('z', TensorProto.FLOAT, [1, 3, 8, 8])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)])
    annotate_shapes(model, {})
    assert [dim.dim_value for dim in model.graph.value_info[0].type.tensor_type.shape.dim] == [1, 3, 8, 8]
