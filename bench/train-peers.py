"""How fast PyTorch and scikit-learn train the networks of bench/train.mjs, where they are installed.

python3 train-peers.py SIZES BATCH BATCHES sgd|adam THREADS      e.g. 784,512,256,10 128 24 sgd 1
prints {"torch 1.13": {"median": seconds per sample, "min": …}, "scikit-learn 1.2": …}. Rows are taken in order, without
shuffling or copying; of PyTorch's ways (eager, the same with foreach updates) the faster one counts.
"""
import json
import os
import sys
import time
import warnings

threads = int(sys.argv[5])
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(threads)
# Builds of OpenBLAS that do not know the processor fall back to old kernels, four times slower.
if "avx512f" in open("/proc/cpuinfo").read() if os.path.exists("/proc/cpuinfo") else False:
    os.environ.setdefault("OPENBLAS_CORETYPE", "Cooperlake")
warnings.filterwarnings("ignore")

import numpy as np

sizes, batch, batches, kind = [int(n) for n in sys.argv[1].split(",")], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
rows, outputs = batch * batches, sizes[-1]
random = np.random.default_rng(0)
x = random.standard_normal((rows, sizes[0]), dtype=np.float32)
y = random.integers(0, outputs, rows) if outputs > 1 else random.standard_normal(rows).astype(np.float32)


def measured(epoch, samples=7, least=0.3, most=8.0):
    """Seconds per row: median and minimum of samples of at least so many seconds."""
    epoch()
    found, started = [], time.perf_counter()
    while len(found) < samples and (len(found) < 3 or time.perf_counter() - started < most):
        count, begin = 0, time.perf_counter()
        while time.perf_counter() - begin < least:
            epoch()
            count += 1
        found.append((time.perf_counter() - begin) / (count * rows))
    found.sort()
    return {"median": found[len(found) // 2], "min": found[0]}


def torch_peer():
    import torch

    torch.set_num_threads(threads)
    inputs, targets = torch.from_numpy(x), torch.from_numpy(y)
    if outputs == 1:
        targets = targets.unsqueeze(1)
    parts = [(inputs[i : i + batch], targets[i : i + batch]) for i in range(0, rows, batch)]
    loss = torch.nn.functional.cross_entropy if outputs > 1 else torch.nn.functional.mse_loss
    found = []
    for foreach in (False, True):
        layers = [layer for a, b in zip(sizes, sizes[1:]) for layer in (torch.nn.Linear(a, b), torch.nn.ReLU())]
        network = torch.nn.Sequential(*layers[:-1])
        parameters = network.parameters()
        if kind == "adam":
            optimizer = torch.optim.Adam(parameters, 1e-3, foreach=foreach)
        else:
            optimizer = torch.optim.SGD(parameters, 1e-4, momentum=0.9, foreach=foreach)

        def epoch():
            for part, target in parts:
                optimizer.zero_grad(set_to_none=True)
                loss(network(part), target).backward()
                optimizer.step()

        found.append(measured(epoch, samples=5))
    return f"torch {torch.__version__}", min(found, key=lambda times: times["min"])


def sklearn_peer():
    import sklearn
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    kinds = dict(hidden_layer_sizes=sizes[1:-1], batch_size=batch, max_iter=1, shuffle=False, alpha=0, solver=kind)
    network = (MLPClassifier if outputs > 1 else MLPRegressor)(**kinds, momentum=0.9, nesterovs_momentum=False)
    return f"scikit-learn {sklearn.__version__}", measured(lambda: network.fit(x, y), samples=5)


result = {}
for peer in (torch_peer, sklearn_peer):
    if peer is sklearn_peer and sizes[0] * sizes[1] > 4e6:
        continue  # minutes
    try:
        name, times = peer()
    except ImportError:
        continue
    result[name] = times
print(json.dumps(result))
