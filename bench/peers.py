"""What the benches compare with, where it is installed: NumPy and PyTorch, on float32 arrays that are there already.

python3 peers.py activations GATE forward|backward ELEMENTS
python3 peers.py softmax COLS ROWS
prints {"numpy 2.1": {"median": seconds, "min": seconds}, "torch 2.5": …}; what cannot be imported, or has no such
operation, is left out. One thread.
"""
import json
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"


def times(run, budget=0.25):
    """Seconds per call: median and minimum of as many calls as fit, after a warm-up."""
    run()
    run()
    samples, end = [], time.perf_counter() + budget
    while len(samples) < 5 or time.perf_counter() < end:
        started = time.perf_counter()
        run()
        samples.append(time.perf_counter() - started)
    samples.sort()
    return {"median": samples[len(samples) // 2], "min": samples[0]}


def numpy_activations(gate, direction, n):
    import numpy as np

    one = np.float32(1)
    random = np.random.default_rng(1)
    x, dy = (random.uniform(-3, 3, n).astype(np.float32) for _ in range(2))
    t, out = np.empty_like(x), np.empty_like(x)

    def sigmoid():
        np.negative(x, out=t)
        np.exp(t, out=t)
        np.add(t, one, out=t)
        np.divide(one, t, out=out)

    def elu():
        np.minimum(x, 0, out=t)
        np.expm1(t, out=t)
        np.maximum(x, 0, out=out)
        np.add(out, t, out=out)

    def sigmoid_backward():
        np.subtract(one, x, out=t)
        np.multiply(t, x, out=t)
        np.multiply(t, dy, out=out)

    def tanh_backward():
        np.multiply(x, x, out=t)
        np.subtract(one, t, out=t)
        np.multiply(t, dy, out=out)

    runs = {
        "relu forward": lambda: np.maximum(x, 0, out=out),
        "relu backward": lambda: np.multiply(dy, x > 0, out=out),
        "hardTanh forward": lambda: np.clip(x, -1, 1, out=out),
        "sigmoid forward": sigmoid,
        "sigmoid backward": sigmoid_backward,
        "tanh forward": lambda: np.tanh(x, out=out),
        "tanh backward": tanh_backward,
        "elu forward": elu,
        "exp forward": lambda: np.exp(x, out=out),
    }
    run = runs.get(f"{gate} {direction}")
    return f"numpy {np.__version__}", run and times(run)


def torch_activations(gate, direction, n):
    import torch

    torch.set_num_threads(1)
    a = torch.ops.aten
    x, dy = torch.randn(n), torch.randn(n)
    out, dx, y = torch.empty(n), torch.empty(n), torch.rand(n)
    weight = torch.tensor([0.25])
    f = torch.nn.functional
    runs = {
        "relu forward": lambda: torch.clamp_min(x, 0, out=out),
        "relu backward": lambda: a.threshold_backward.grad_input(dy, x, 0, grad_input=dx),
        "leakyRelu forward": lambda: a.leaky_relu.out(x, 0.01, out=out),
        "leakyRelu backward": lambda: a.leaky_relu_backward.grad_input(dy, x, 0.01, False, grad_input=dx),
        "hardTanh forward": lambda: a.hardtanh.out(x, -1.0, 1.0, out=out),
        "hardTanh backward": lambda: a.hardtanh_backward.grad_input(dy, x, -1.0, 1.0, grad_input=dx),
        "prelu forward": lambda: torch.prelu(x, weight),
        "prelu backward": lambda: torch.autograd.grad(torch.prelu(x_leaf, weight_leaf), [x_leaf, weight_leaf], dy),
        "sigmoid forward": lambda: torch.sigmoid(x, out=out),
        "sigmoid backward": lambda: a.sigmoid_backward.grad_input(dy, y, grad_input=dx),
        "tanh forward": lambda: torch.tanh(x, out=out),
        "tanh backward": lambda: a.tanh_backward.grad_input(dy, y, grad_input=dx),
        "elu forward": lambda: a.elu.out(x, 1.0, 1.0, 1.0, out=out),
        "elu backward": lambda: a.elu_backward.grad_input(dy, 1.0, 1.0, 1.0, False, x, grad_input=dx),
        "gelu forward": lambda: a.gelu.out(x, approximate="none", out=out),
        "gelu backward": lambda: a.gelu_backward.grad_input(dy, x, approximate="none", grad_input=dx),
        "geluTanh forward": lambda: a.gelu.out(x, approximate="tanh", out=out),
        "geluTanh backward": lambda: a.gelu_backward.grad_input(dy, x, approximate="tanh", grad_input=dx),
        "silu forward": lambda: a.silu.out(x, out=out),
        "silu backward": lambda: a.silu_backward.grad_input(dy, x, grad_input=dx),
        "mish forward": lambda: a.mish.out(x, out=out),
        "mish backward": lambda: a.mish_backward(dy, x),
        "softplus forward": lambda: a.softplus.out(x, 1.0, 20.0, out=out),
        "softplus backward": lambda: a.softplus_backward.grad_input(dy, x, 1.0, 20.0, grad_input=dx),
        "exp forward": lambda: torch.exp(x, out=out),
    }
    x_leaf, weight_leaf = x.clone().requires_grad_(), weight.clone().requires_grad_()
    run = runs.get(f"{gate} {direction}")
    if run is None:
        return f"torch {torch.__version__}", None
    if gate == "prelu" and direction == "backward":  # through the graph: the forward pass is taken off
        both, forward = times(run), times(lambda: torch.prelu(x_leaf, weight_leaf))
        return f"torch {torch.__version__}", {k: max(both[k] - forward[k], 0) for k in both}
    with torch.no_grad():
        return f"torch {torch.__version__}", times(run)


def numpy_softmax(cols, rows):
    import numpy as np

    random = np.random.default_rng(1)
    x = random.standard_normal((rows, cols), dtype=np.float32)
    labels, at, e = random.integers(0, cols, rows), np.arange(rows), np.empty_like(x)

    def run():
        np.subtract(x, x.max(1, keepdims=True), out=e)
        chosen = e[at, labels]
        np.exp(e, out=e)
        sums = e.sum(1, keepdims=True)
        loss = (np.log(sums[:, 0]) - chosen).mean()
        np.divide(e, sums * np.float32(rows), out=e)
        e[at, labels] -= np.float32(1 / rows)
        return loss

    return f"numpy {np.__version__}", times(run)


def torch_softmax(cols, rows):
    import torch

    torch.set_num_threads(1)
    x, labels = torch.randn(rows, cols, requires_grad=True), torch.randint(0, cols, (rows,))
    run = lambda: torch.autograd.grad(torch.nn.functional.cross_entropy(x, labels), x)
    return f"torch {torch.__version__}", times(run)


if __name__ == "__main__":
    question, *arguments = sys.argv[1:]
    values = [int(value) if value.isdigit() else value for value in arguments]
    result = {}
    for peer in ("numpy", "torch"):
        try:
            name, measured = globals()[f"{peer}_{question}"](*values)
        except (ImportError, AttributeError):
            continue
        if measured:
            result[name] = measured
    print(json.dumps(result))
