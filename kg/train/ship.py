"""From trained weights to the files that run: an int8 ONNX graph of the layers, and arrays."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor

__all__ = ["encoder_graph", "ship"]

#: A name in ``names.tsv`` has so many words at the most.
_MOST_WORDS = 8

_HEAD, _WIDTH = 32, 384
_OURS = "com.microsoft"


class _Graph:
    """Nodes and weights, as they are laid down one after the other."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def weight(self, name: str, values: np.ndarray) -> str:
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name))
        return name

    def sizes(self, name: str, values: Sequence[int]) -> str:
        self.weights.append(numpy_helper.from_array(np.array(values, dtype=np.int64), name))
        return name

    def node(
        self,
        kind: str,
        inputs: Sequence[str],
        output: str,
        domain: str = "",
        **rest: Any,  # noqa: ANN401 (what an operator takes)
    ) -> str:
        self.nodes.append(
            helper.make_node(kind, list(inputs), [output], name=output, domain=domain, **rest)
        )
        return output


def _layer(graph: _Graph, states: str, stem: str, state: Mapping[str, np.ndarray]) -> str:
    def put(part: str, *, turned: bool = False) -> str:
        values = state[f"{stem}{part}"]
        return graph.weight(stem + part, values.T if turned else values)

    def linear(name: str, source: str, *, bias: bool = True) -> str:
        product = graph.node(
            "MatMul", [source, put(f"{name}.weight", turned=True)], f"{stem}{name}.product"
        )
        return (
            graph.node("Add", [product, put(f"{name}.bias")], f"{stem}{name}.sum")
            if bias
            else product
        )

    width = state[f"{stem}out.weight"].shape[1]
    joined = linear("qkv", states)
    parts = [f"{stem}query", f"{stem}key", f"{stem}value"]
    thirds = graph.sizes(f"{stem}thirds", [width] * 3)
    graph.nodes.append(
        helper.make_node("Split", [joined, thirds], parts, name=f"{stem}split", axis=2)
    )
    heads = width // _HEAD
    mixed = graph.node("MultiHeadAttention", parts, f"{stem}mixed", _OURS, num_heads=heads)
    norm = put("norm_1.weight"), put("norm_1.bias")
    states = _added(graph, linear("out", mixed), states, norm)
    up = linear("up", states, bias=False)
    up = graph.node("BiasGelu", [up, put("up.bias")], f"{stem}gelu", _OURS)
    down = linear("down", up)
    return _added(graph, down, states, (put("norm_2.weight"), put("norm_2.bias")))


def _added(graph: _Graph, new: str, old: str, norm: Sequence[str]) -> str:
    total = graph.node("Add", [new, old], f"{new}.added")
    return graph.node("LayerNormalization", [total, *norm], f"{new}.normed", epsilon=1e-12)


def encoder_graph(state: Mapping[str, np.ndarray], layers: int) -> onnx.ModelProto:
    """The layers as a graph from ``embedded`` to ``states``, both (1, length, width)."""
    graph = _Graph()
    names = [
        graph.weight(f"norm.{part}", state[f"encoder.norm.{part}"]) for part in ("weight", "bias")
    ]
    states = graph.node("LayerNormalization", ["embedded", *names], "normed", epsilon=1e-12)
    for number in range(layers):
        states = _layer(graph, states, f"encoder.layers.{number}.", state)
    graph.nodes[-1].output[0] = "states"
    shape: list[str | int | None] = [1, "length", _WIDTH]
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            "encoder",
            [helper.make_tensor_value_info("embedded", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("states", TensorProto.FLOAT, shape)],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(_OURS, 1)],
        ir_version=9,
    )


def _int8(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scale = np.maximum(np.abs(values).max(1, keepdims=True), 1e-8) / 127
    return np.round(values / scale).astype(np.int8), scale.astype(np.float32)


def ship(
    weights: Mapping[str, Tensor],
    vocabulary: Sequence[str],
    names: Mapping[str, tuple[int, int]],
    folder: Path,
    *,
    whole: bool = False,
) -> None:
    """Write into *folder* what ``kg.extract.learnt_network`` reads; *whole* keeps the floats."""
    state = {name: tensor.detach().float().numpy() for name, tensor in weights.items()}
    layers = 1 + max(int(k.split(".")[2]) for k in state if k.startswith("encoder.layers."))
    folder.mkdir(parents=True, exist_ok=True)
    full, graph = folder / "whole.onnx", folder / "encoder.onnx"
    onnx.save(encoder_graph(state, layers), graph if whole else full)
    if not whole:
        quantize_dynamic(
            full,
            graph,
            per_channel=True,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul"],
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )
        full.unlink()
    arrays: dict[str, np.ndarray] = {}
    for name in ("words", "places"):
        arrays[f"{name}.int8"], arrays[f"{name}.scale"] = _int8(state[f"encoder.{name}.weight"])
    for name in sorted(state):
        if name.startswith("encoder.features."):
            arrays[name.removeprefix("encoder.")] = state[name].astype(np.float16)
        elif name.split(".")[0] not in {"encoder", "auxiliary", "masked", "masked_bias"}:
            if state[name].ndim == 2 and state[name].size > 20_000:
                arrays[f"{name}.int8"], arrays[f"{name}.scale"] = _int8(state[name])
            else:
                arrays[name] = state[name].astype(np.float16)
    np.savez(folder / "arrays.npz", allow_pickle=False, **arrays)
    (folder / "pieces.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    rows = [
        f"{name}\t{kind}\t{strength}"
        for name, (kind, strength) in sorted(names.items())
        if len(name.split()) <= _MOST_WORDS  # longer ones are titles, which are not to be kept
    ]
    (folder / "names.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "settings.json").write_text(json.dumps({"layers": layers}, indent=1) + "\n")
