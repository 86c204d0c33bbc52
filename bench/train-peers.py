"""How fast PyTorch and scikit-learn train the networks of bench/train.mjs, where they are installed.

python3 train-peers.py SIZES BATCH BATCHES sgd|adam THREADS      e.g. 784,512,256,10 128 24 sgd 1
prints the names of those there are, ["torch 1.13", "scikit-learn 1.2"], then for each name that it reads the seconds per row of
a sample. Rows are taken in order, without shuffling or copying; of PyTorch's ways (eager, the same with foreach updates) the one
counts that is faster when it is warmed up.
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


def sample(epoch, least=0.1):
    """Seconds per row, of at least so many seconds."""
    count, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < least:
        epoch()
        count += 1
    return (time.perf_counter() - begin) / (count * rows)


def torch_peer():
    import torch

    torch.set_num_threads(threads)
    inputs, targets = torch.from_numpy(x), torch.from_numpy(y)
    if outputs == 1:
        targets = targets.unsqueeze(1)
    parts = [(inputs[i : i + batch], targets[i : i + batch]) for i in range(0, rows, batch)]
    loss = torch.nn.functional.cross_entropy if outputs > 1 else torch.nn.functional.mse_loss

    def way(foreach):
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

        sample(epoch)
        return epoch

    ways = [way(foreach) for foreach in (False, True)]
    return f"torch {torch.__version__}", min(ways, key=lambda epoch: min(sample(epoch) for _ in range(3)))


def sklearn_peer():
    import sklearn
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    kinds = dict(hidden_layer_sizes=sizes[1:-1], batch_size=batch, max_iter=1, shuffle=False, alpha=0, solver=kind)
    network = (MLPClassifier if outputs > 1 else MLPRegressor)(**kinds, momentum=0.9, nesterovs_momentum=False)
    return f"scikit-learn {sklearn.__version__}", lambda: network.fit(x, y)


epochs = {}
for peer in (torch_peer, sklearn_peer):
    if peer is sklearn_peer and sizes[0] * sizes[1] > 4e6:
        continue  # minutes
    try:
        name, epoch = peer()
    except ImportError:
        continue
    sample(epoch)
    epochs[name] = epoch
print(json.dumps(list(epochs)), flush=True)
for line in sys.stdin:
    print(sample(epochs[line.strip()]), flush=True)
