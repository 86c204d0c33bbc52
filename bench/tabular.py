"""scikit-learn's multi-layer perceptron with its defaults, behind a StandardScaler, on the splits of bench/tabular.mjs.

python3 tabular.py PROBLEM.json
prints {"version": "1.2", "scores": [...], "seconds": mean}. One thread.
"""
import json
import os
import sys
import time
import warnings

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

warnings.filterwarnings("ignore")  # that 200 iterations are too few

with open(sys.argv[1]) as file:
    problem = json.load(file)
x, y = np.array(problem["x"]), np.array(problem["y"])
kind = MLPRegressor if problem["regression"] else MLPClassifier
scores = []
started = time.perf_counter()
for seed, (train, test) in zip(problem["seeds"], problem["splits"]):
    scaler = StandardScaler().fit(x[train])
    model = kind(random_state=seed).fit(scaler.transform(x[train]), y[train])
    scores.append(model.score(scaler.transform(x[test]), y[test]))
seconds = (time.perf_counter() - started) / len(scores)
print(json.dumps({"version": sklearn.__version__, "scores": scores, "seconds": seconds}))
